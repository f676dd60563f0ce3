"""The audit from end to end."""

import os.path as osp
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.claims import claim_folder
from daffnet_lite.fileio.csv_files import write_csv_rows
from daffnet_lite.fileio.json_files import write_json
from daffnet_lite.fileio.pixel_values import check_bit_depth
from daffnet_lite.utils.worker_pool import available_processors

from .attribute_check import check_attributes
from .audit_source import AuditSource, unique_title
from .cell_window import CELL
from .collect_facts import collect_facts
from .config_sources import read_config
from .contact_sheet import draw_contact_sheet
from .crops_in_fields import find_crops
from .duplicates import (
    SAME_FILE,
    Link,
    Samples,
    count_links,
    find_attribute_conflicts,
    find_conflicts,
    find_leaks,
    find_links,
    join_groups,
    link_crops,
)
from .folder_sources import find_releases
from .image_check import ImageFacts
from .near_duplicates import group_images
from .source_report import report_source


def audit_datasets(
    locations: Sequence[str],
    out_dir: str,
    groups_out: str | None = None,
    contact_sheet: str | None = None,
    num_workers: int | None = None,
    console: Console | None = None,
    cfg_options: Mapping | None = None,
    bit_depth: int | None = None,
    max_pixels: int | None = None,
) -> dict:
    """Look for all that makes figures of datasets wrong.

    Args:
        locations (Sequence[str]): Folders and configs.
        out_dir (str): The folder for ``audit.json`` and the cache, by which
            an interrupted audit goes on.
        groups_out (str, optional): CSV to write, with the group of each
            image, for the datasets' ``group_file``.
        contact_sheet (str, optional): PNG to draw.
        num_workers (int, optional): Processes; 0 for this one. Defaults to as
            many as this process may use.
        console (Console, optional): Where the progress is shown. Defaults to
            stderr.
        cfg_options (Mapping, optional): Settings that override those of the
            configs. Defaults to None.
        bit_depth (int, optional): Bits that values of more than 8 bits use.
            Defaults to None: 16.
        max_pixels (int, optional): The most pixels of an image. Defaults to
            None: 80 million.

    Returns:
        dict: The report, as in ``audit.json``. ``leaks`` is empty if no split
        is at fault.

    Raises:
        InputError: If a location holds no dataset, an output cannot be
            written, or another audit works in its folder.
    """
    if num_workers is None:
        num_workers = available_processors()
    if num_workers < 0:
        raise InputError(
            f'the number of workers is {num_workers}, but must be 0 or more'
        )
    sources, attribute_folders = _read_locations(locations, cfg_options)
    attributes = []
    for folder in attribute_folders:
        report, annotated = check_attributes(folder, sources)
        attributes.append(report)
        if annotated is not None:
            annotated.title = unique_title(annotated.title, sources)
            sources.append(annotated)
    samples = Samples(sources)
    console = console or Console(stderr=True)
    check_bit_depth(bit_depth)
    reading = dict(bit_depth=bit_depth, max_pixels=max_pixels)
    with claim_folder(out_dir):
        with Progress(
            TextColumn('{task.description}'),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        ) as progress:
            facts = collect_facts(
                _files(sources),
                Path(out_dir) / 'cache.sqlite',
                num_workers,
                progress,
                reading,
            )
            places = find_crops(
                *_crops_and_fields(sources, facts),
                num_workers,
                progress,
                reading,
            )
        links = find_links(samples, facts, progress=console.is_terminal)
        links += link_crops(samples, places)
        groups = join_groups(samples, links)
        report = dict(
            sources=[report_source(source, facts) for source in sources],
            attributes=attributes,
            duplicates=_report_duplicates(samples, links),
            label_conflicts=find_conflicts(samples, links),
            attribute_conflicts=find_attribute_conflicts(
                sources, samples, links
            ),
            split=any(s.parts for s in samples.by_key.values()),
            leaks=find_leaks(samples, links, groups),
        )
        with _output(Path(out_dir) / 'audit.json') as path:
            write_json(path, report)
        if groups_out:
            with _output(groups_out) as path:
                _write_groups(path, samples, groups)
        if contact_sheet:
            with _output(contact_sheet) as path:
                drawn = [source for source in sources if source.roots]
                draw_contact_sheet(path, drawn, facts, reading)
        return report


def _read_locations(
    locations: Sequence[str], cfg_options: Mapping | None
) -> tuple[list[AuditSource], list[str]]:
    sources: list[AuditSource] = []
    attribute_folders: list[str] = []
    for location in locations:
        if osp.isdir(location):
            found, attributes = find_releases(location)
            attribute_folders += attributes
        elif location.endswith('.py') and osp.isfile(location):
            found = read_config(location, cfg_options)
        else:
            raise InputError(
                f'{location} is neither a folder nor a config (.py)'
            )
        for source in found:
            source.title = unique_title(source.title, sources)
            sources.append(source)
    return sources, attribute_folders


def _files(sources: Sequence[AuditSource]) -> dict[str, tuple]:
    """Find the parts of each file that need a fingerprint."""
    boxes: defaultdict[str, dict] = defaultdict(lambda: {None: None})
    for source in sources:
        for sample in source.samples:
            boxes[sample.path][sample.box] = None
    return {
        # An image of one cell may be cut otherwise elsewhere.
        path: tuple(boxes[path]) if len(boxes[path]) > 1 else (None, CELL)
        for path in sorted(boxes)
    }


def _crops_and_fields(
    sources: Sequence[AuditSource], facts: Mapping[str, ImageFacts]
) -> tuple[list[str], list[str]]:
    """Find the images that may be crops, and the fields with boxes."""
    fields: set[str] = set()
    crops: set[str] = set()
    for source in sources:
        for sample in source.samples:
            if facts[sample.path].fault is None:
                (crops if sample.box is None else fields).add(sample.path)
    if not fields:
        return [], []
    width = max(facts[path].width for path in fields)
    height = max(facts[path].height for path in fields)
    return sorted(
        path
        for path in crops - fields
        if facts[path].width < width and facts[path].height < height
    ), sorted(fields)


def _report_duplicates(samples: Samples, links: Sequence[Link]) -> dict:
    """Count and list the links, but for files that several sources share."""
    copies = [link for link in links if link.kind != SAME_FILE]
    return dict(
        counts=count_links(samples, links),
        pairs=[
            dict(
                first=link.first,
                second=link.second,
                kind=link.kind,
                correlation=link.correlation,
            )
            for link in sorted(copies)
        ],
    )


@contextmanager
def _output(path: str | Path) -> Iterator[str]:
    try:
        yield str(path)
    except OSError as e:
        raise InputError(
            f'{path} cannot be written ({e.strerror or e}); name '
            'a file in another folder, or make room'
        ) from e


def _write_groups(
    path: str, samples: Samples, groups: Mapping[str, str]
) -> None:
    """Write the groups of all images, by the names that datasets use.

    A group file is keyed by name alone: where two datasets have an image of
    one name, their groups are joined, which is too careful, but never wrong.
    """
    names = {key: sample.name for key, sample in samples.by_key.items()}
    by_name = group_images([], groups, names)
    joined = group_images(by_name.items(), groups, groups)
    rows = sorted(
        {
            name: joined[key]
            for key, name in sorted(names.items(), reverse=True)
        }.items()
    )
    with atomic_write(path) as file:
        write_csv_rows(file, ('image', 'group'), rows)
