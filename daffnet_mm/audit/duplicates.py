"""Which images are the same cell, and what follows: leaks and conflicts."""

import os.path as osp
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from daffnet_lite.cropping.boxes import box_iou
from daffnet_lite.structures.class_names import COARSER

from .audit_source import AuditSample, AuditSource
from .cell_window import CELL
from .crops_in_fields import CropPlace
from .image_check import ImageFacts
from .near_duplicates import find_near_duplicates, group_images

#: The kinds of links, from the surest.
SAME_FILE = 'same file'
EXACT = 'same pixels'
NEAR = 'near duplicate'
CUT = 'cut from the field'
#: Two images of a field as a whole, or a crop beside the field's boxes: not to
#: be parted, but not the same cell either.
FIELD = 'same field'
GROUP = 'same group'
#: Ends the key of a field's first box where the whole field is meant; no file
#: has such a name.
_WHOLE = '\0'
#: Overlap (IoU) with a box from which a crop is taken to show that cell.
_SAME_CELL = 0.1


class Link(NamedTuple):
    """Two samples that must not be parted.

    Attributes:
        first (str): Key of one sample.
        second (str): Key of the other.
        kind (str): Why.
        correlation (float): How well the pixels agree, at most 1.
    """

    first: str
    second: str
    kind: str
    correlation: float = 1.0


class Samples:
    """The samples of all sources by key.

    Args:
        sources (Sequence[AuditSource]): The sources.
    """

    def __init__(self, sources: Sequence[AuditSource]) -> None:
        self.by_key: dict[str, AuditSample] = {}
        self.source_of: dict[str, AuditSource] = {}
        #: Keys of the samples that show one part of one file.
        self.by_image: dict[tuple, list[str]] = defaultdict(list)
        for source in sources:
            for sample in source.samples:
                key = source.key(sample)
                self.by_key[key] = sample
                self.source_of[key] = source
                self.by_image[osp.realpath(sample.path), sample.box].append(
                    key
                )

    def groups(self) -> dict[str, str]:
        """The groups that the datasets themselves know, by key."""
        # Names of groups mean something within a dataset only, but all
        # datasets over the same release mean the same by them.
        return {
            key: f'{self.source_of[key].release}/{sample.group}'
            for key, sample in self.by_key.items()
        }


def find_links(
    samples: Samples, facts: Mapping[str, ImageFacts], progress: bool = True
) -> list[Link]:
    """Find the images that are copies of each other.

    Args:
        samples (Samples): All samples.
        facts (Mapping[str, ImageFacts]): By file.
        progress (bool): Show a progress bar. Defaults to True.

    Returns:
        list[Link]: Links of the kinds same file, same pixels, near duplicate
        and, where whole fields are alike, same field.
    """
    links, fingerprints, cells, field_of = [], {}, {}, {}
    for (_, box), keys in samples.by_image.items():
        links += [Link(keys[0], other, SAME_FILE) for other in keys[1:]]
        path = samples.by_key[keys[0]].path
        found = facts[path].fingerprints
        if box in found:
            fingerprints[keys[0]] = found[box]
        if CELL in found:
            cells[keys[0]] = found[CELL]
        # Fields are compared as a whole too, in the name of their first box.
        if box is not None and path not in field_of and None in found:
            field_of[path] = keys[0]
            fingerprints[keys[0] + _WHOLE] = found[None]
    for first, second, correlation, exact in find_near_duplicates(
        fingerprints, progress, cells
    ):
        kind = EXACT if exact else NEAR
        if _WHOLE in first + second:
            kind = FIELD
            first, second = (
                key.removesuffix(_WHOLE) for key in (first, second)
            )
        # A field and its own box.
        if samples.by_key[first].path != samples.by_key[second].path:
            links.append(Link(first, second, kind, correlation))
    return links


def link_crops(samples: Samples, places: Sequence[CropPlace]) -> list[Link]:
    """Link crops to the cell of the field that they show.

    Args:
        samples (Samples): All samples.
        places (Sequence[CropPlace]): Where crops lie in fields.

    Returns:
        list[Link]: Links of crops to boxes, of the kind same field where a
        crop shows none of them.
    """
    by_path = defaultdict(list)
    for key, sample in samples.by_key.items():
        by_path[sample.path].append(key)
    links = []
    for place in places:
        overlap, best = max(
            (box_iou(samples.by_key[key].box or (0, 0, 0, 0), place.box), key)
            for key in by_path[place.field]
        )
        kind = CUT if overlap >= _SAME_CELL else FIELD
        links += [
            Link(key, best, kind, place.correlation)
            for key in by_path[place.crop]
        ]
    return links


def join_groups(samples: Samples, links: Sequence[Link]) -> dict[str, str]:
    """Find the groups that a split must not cut.

    Args:
        samples (Samples): All samples.
        links (Sequence[Link]): What was found beside the known groups.

    Returns:
        dict[str, str]: The group by key.
    """
    return group_images(links, samples.by_key, samples.groups())


def find_leaks(
    samples: Samples, links: Sequence[Link], groups: Mapping[str, str]
) -> list[dict]:
    """Find the groups with images on two sides of a split.

    Args:
        samples (Samples): All samples.
        links (Sequence[Link]): Links between them.
        groups (Mapping[str, str]): The joined group by key.

    Returns:
        list[dict]: Of each leak ``parts`` (keys by part) and ``because`` (the
        kinds of links across the sides).
    """
    members = _members(groups)
    by_group = defaultdict(list)
    for link in links:
        by_group[groups[link.first]].append(link)
    leaks = []
    for group, keys in members.items():
        parts = defaultdict(list)
        for key in keys:
            for part in sorted(samples.by_key[key].parts):
                parts[part].append(key)
        if len(parts) > 1:
            leaks.append(
                dict(
                    because=_reasons(samples, keys, by_group[group]),
                    parts=dict(sorted(parts.items())),
                )
            )
    return leaks


def _reasons(
    samples: Samples, keys: list[str], links: list[Link]
) -> list[str]:
    def parted(first: str, second: str) -> bool:
        one, other = (samples.by_key[key].parts for key in (first, second))
        return bool(one and other and len(one | other) > 1)

    reasons = {link.kind for link in links if parted(link.first, link.second)}
    if any(len(samples.by_key[key].parts) > 1 for key in keys):
        reasons.add(SAME_FILE)
    own_groups = defaultdict(set)
    for key in keys:
        sample = samples.by_key[key]
        own_groups[samples.source_of[key].release, sample.group].update(
            sample.parts
        )
    if not reasons and any(len(parts) > 1 for parts in own_groups.values()):
        reasons.add(GROUP)
    # Left is a chain over an image of no part.
    return sorted(reasons or {link.kind for link in links})


def find_conflicts(samples: Samples, links: Sequence[Link]) -> list[dict]:
    """Find copies of one image that are labelled as different cells.

    Args:
        samples (Samples): All samples.
        links (Sequence[Link]): Links between them. Those of fields do not
            count: a field holds cells of several types.

    Returns:
        list[dict]: Of each conflict ``labels`` (keys by label) and
        ``because`` (the kinds of links).
    """
    links = [link for link in links if link.kind != FIELD]
    clusters = group_images(links, {key for link in links for key in link[:2]})
    kinds = defaultdict(set)
    for link in links:
        kinds[clusters[link.first]].add(link.kind)
    conflicts = []
    for cluster, keys in _members(clusters).items():
        labels = defaultdict(list)
        for key in keys:
            labels[samples.by_key[key].label].append(key)
        if any(not _agree(a, b) for a, b in combinations(labels, 2)):
            conflicts.append(
                dict(
                    labels=dict(sorted(labels.items())),
                    because=sorted(kinds[cluster]),
                )
            )
    return conflicts


def find_attribute_conflicts(
    sources: Sequence[AuditSource], samples: Samples, links: Sequence[Link]
) -> list[dict]:
    """Find copies of one image that have different attributes.

    Args:
        sources (Sequence[AuditSource]): Those with attributes.
        samples (Samples): All samples.
        links (Sequence[Link]): Links between them.

    Returns:
        list[dict]: Of each pair ``first``, ``second`` (keys), ``kind`` and
        ``attributes`` (the two values by attribute).
    """
    conflicts = []
    for source in sources:
        for link in links:
            if link.kind not in (EXACT, NEAR):
                continue
            first, second = (
                source.attributes.get(samples.by_key[key].path)
                for key in link[:2]
            )
            if first and second and first != second:
                conflicts.append(
                    dict(
                        first=link.first,
                        second=link.second,
                        kind=link.kind,
                        attributes={
                            name: [first[name], second.get(name)]
                            for name in first
                            if first[name] != second.get(name)
                        },
                    )
                )
    return conflicts


def _agree(first: str, second: str) -> bool:
    return (
        first == second
        or COARSER.get(first) == second
        or COARSER.get(second) == first
        or 'unlabelled' in (first, second)
    )


def _members(groups: Mapping[str, str]) -> dict[str, list[str]]:
    members = defaultdict(list)
    for key in sorted(groups):
        members[groups[key]].append(key)
    return members


def count_links(samples: Samples, links: Sequence[Link]) -> list[dict]:
    """Count links within and across sources.

    Args:
        samples (Samples): All samples.
        links (Sequence[Link]): Links between them.

    Returns:
        list[dict]: Rows of ``first``, ``second`` (sources), ``kind``,
        ``pairs`` and ``images`` (how many of each source take part).
    """
    pairs: defaultdict[tuple[str, str, str], list] = defaultdict(list)
    for link in links:
        ends = sorted((samples.source_of[key].title, key) for key in link[:2])
        (first, one), (second, other) = ends
        pairs[first, second, link.kind].append((one, other))
    rows = []
    for (first, second, kind), found in sorted(pairs.items()):
        sides = [set(side) for side in zip(*found, strict=True)]
        if first == second:
            sides = [set.union(*sides)]
        row = dict(first=first, second=second, kind=kind, pairs=len(found))
        rows.append(dict(row, images=[len(side) for side in sides]))
    return rows
