"""What the report says of one source: counts, files, sizes and faults."""

import os
import os.path as osp
from collections import Counter, defaultdict
from collections.abc import Mapping

from daffnet_lite.fileio.image_folders import (
    is_image_name,
    is_other_image_name,
)
from daffnet_lite.structures.class_names import COARSER

from .audit_source import AuditSource
from .image_check import ImageFacts, check_image
from .published_counts import published_counts

#: The column of samples that are in no part of a split.
UNSPLIT = 'all'


def report_source(
    source: AuditSource, facts: Mapping[str, ImageFacts]
) -> dict:
    """Describe one source.

    Args:
        source (AuditSource): The source.
        facts (Mapping[str, ImageFacts]): By file.

    Returns:
        dict: Its part of the report.
    """
    names: dict[str, str] = {}
    for sample in source.samples:
        names.setdefault(sample.path, sample.name)
    own = {path: facts[path] for path in names}
    hidden, unlisted, left_out = _other_images(source)
    return dict(
        title=source.title,
        release=source.release,
        location=source.location,
        samples=len(source.samples),
        files=len(own),
        counts=_count_classes(source),
        published=_compare(source),
        sizes=_count(f'{f.width}x{f.height}' for f in own.values() if f.width),
        formats=_count(
            f'{f.format} {f.mode} {f.bits} bits'
            for f in own.values()
            if f.format
        ),
        megabytes=round(sum(f.bytes for f in own.values()) / 1e6, 1),
        faulty=[
            dict(image=names[path], fault=f.fault, message=f.message)
            for path, f in own.items()
            if f.fault
        ],
        unusable=source.faults,
        remarks=_remarks(names, own),
        hidden_files_ignored=hidden,
        images_not_listed=unlisted,
        images_of_other_kinds=left_out,
    )


def _count(values) -> dict[str, int]:
    return dict(Counter(values).most_common())


def _count_classes(source: AuditSource) -> dict[str, dict[str, int]]:
    """Samples by class and part; one in several parts counts in each."""
    counts: defaultdict[str, Counter] = defaultdict(Counter)
    for sample in source.samples:
        for part in sample.parts or {UNSPLIT}:
            counts[sample.label][part] += 1
    return {label: dict(counts[label]) for label in sorted(counts)}


def _compare(source: AuditSource) -> dict | None:
    """Hold the counts against the published ones."""
    published = published_counts(source.release)
    if published is None:
        return None
    classes = published['classes']
    if source.classes and classes:
        classes = {c: n for c, n in classes.items() if c in source.classes}
        published.update(classes=classes, total=sum(classes.values()))
    found: Counter[str] = Counter()
    for sample in source.samples:
        label = sample.label
        if label not in classes:
            label = COARSER.get(label, label)
        found[label] += 1
    parts = Counter(part for s in source.samples for part in s.parts)
    # Parts of a split of our own are not those of the release.
    if source.classes or not parts:
        published['parts'] = {}
    images = len({sample.path for sample in source.samples})
    return dict(
        published,
        total_difference=images - published['total'],
        class_differences={c: found[c] - n for c, n in classes.items()},
        part_differences={
            part: parts[part] - count
            for part, count in published['parts'].items()
        },
    )


def _remarks(
    names: Mapping[str, str], own: Mapping[str, ImageFacts]
) -> dict[str, list[str]]:
    remarks = defaultdict(list)
    for path, facts in own.items():
        for remark in facts.remarks:
            remarks[remark].append(names[path])
    return dict(sorted(remarks.items()))


def _other_images(
    source: AuditSource,
) -> tuple[list[dict], list[str], list[str]]:
    """Image files in the source's folders that are none of its samples.

    Returns:
        tuple[list[dict], list[str], list[str]]: Hidden ones, others, and
        those of kinds that are not read.
    """
    listed = {osp.realpath(sample.path) for sample in source.samples}
    listed |= {osp.realpath(path) for path in source.masks}
    hidden, unlisted, left_out = [], [], []
    for root in source.roots:
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(f for f in folders if not f.startswith('.'))
            for file in sorted(files):
                path = osp.join(folder, file)
                name = osp.relpath(path, root).replace(os.sep, '/')
                if is_other_image_name(file) and not file.startswith('.'):
                    left_out.append(name)
                if not is_image_name(file):
                    continue
                if file.startswith('.'):
                    found = check_image(path)
                    hidden.append(
                        dict(
                            image=name,
                            fault=found.fault,
                            message=found.message,
                        )
                    )
                elif osp.realpath(path) not in listed:
                    unlisted.append(name)
    return hidden, unlisted, left_out
