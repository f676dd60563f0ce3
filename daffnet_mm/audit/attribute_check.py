"""Hold attribute files against the images, and count their values."""

import os.path as osp
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.csv_files import CsvFile
from daffnet_lite.structures import (
    EQUIVALENT_VALUES,
    WBC5_CLASSES,
    WBC_ATTRIBUTES,
)
from daffnet_lite.structures.class_names import canonical_class

from .audit_source import AuditSample, AuditSource
from .folder_sources import attribute_files

_OFFICIAL = re.compile(r'pbc_attr_v1_(train|val|test)\.csv$')


def check_attributes(
    folder: str, sources: Sequence[AuditSource]
) -> tuple[dict, AuditSource | None]:
    """Read the attribute files of a folder, whatever is wrong with them.

    Args:
        folder (str): The folder.
        sources (Sequence[AuditSource]): Where the annotated images may be.

    Returns:
        tuple[dict, AuditSource | None]: What the report says, and the
        annotated images as a source of their own, with the parts of the
        published files; None if none of the images is there.
    """
    images, image_source = _images_by_name(sources)
    rows: defaultdict[str, dict] = defaultdict(dict)
    report: dict[str, Any] = dict(
        location=folder, images_from=image_source, files=[]
    )
    for path in attribute_files(folder):
        report['files'].append(_check_file(path, images, rows))
    official = {
        name: own
        for name, files in rows.items()
        if (own := {f: r for f, r in files.items() if _OFFICIAL.search(f)})
    }
    report['annotated_twice'] = sorted(
        name for name, files in official.items() if len(files) > 1
    )
    annotated_classes = {
        row['label'] for files in rows.values() for row in files.values()
    }
    report['images_without_annotation'] = (
        Counter(
            sample.label
            for name, sample in images.items()
            if name not in official and sample.label in annotated_classes
        )
        if official
        else {}
    )
    report['values'] = _count_values(official or rows)
    report['agreement'] = _agreement(rows)
    samples = [
        AuditSample(
            name=name,
            path=images[name].path,
            label=next(iter(files.values()))['label'],
            group=images[name].group,
            parts={
                found[1] for file in files if (found := _OFFICIAL.search(file))
            },
        )
        for name, files in sorted(official.items())
        if name in images
    ]
    if not samples:
        return report, None
    attributes = {
        images[name].path: _attributes(next(iter(files.values())))
        for name, files in official.items()
        if name in images
    }
    return report, AuditSource(
        'WBCAtt', 'WBCAtt', folder, [], samples, attributes=attributes
    )


def _images_by_name(
    sources: Sequence[AuditSource],
) -> tuple[dict[str, AuditSample], str | None]:
    """The images of PBC, or of whatever source there is in its place."""
    if not sources:
        return {}, None
    source = min(sources, key=lambda source: source.release != 'PBC')
    images = {osp.basename(sample.path): sample for sample in source.samples}
    return images, source.title


def _check_file(
    path: str, images: Mapping[str, AuditSample], rows: dict[str, dict]
) -> dict:
    """Check one file, and add its good rows to ``rows`` by image and file."""
    file_name = osp.basename(path)
    faults: list[str] = []
    absent, other_class, contradictions = [], [], []
    number = 0
    columns = ('label', *WBC_ATTRIBUTES)
    # Lines are told under the file's own name.
    try:
        file = CsvFile(path, ('img_name',), columns, title='')
    except InputError as error:
        return dict(
            file=file_name,
            rows=0,
            faults=[str(error)],
            images_not_found=[],
            in_another_class=[],
            contradictory_granules=[],
        )
    if file.remark:
        warnings.warn(file.remark, InputWarning, stacklevel=2)
    missing = [column for column in columns if column not in file.names]
    if missing:
        faults.append(f'line 1: no column {", ".join(missing)}')
    torn: list[str] = []
    for line, row in file.rows(torn):
        number += 1
        row = {column: value.strip() for column, value in row.items()}
        name = row['img_name']
        where = f'{line} ({name})'
        label = canonical_class(row.get('label') or '', WBC5_CLASSES)
        wrong = [
            f'{attribute} is {row.get(attribute)!r}'
            for attribute, values in WBC_ATTRIBUTES.items()
            if attribute not in missing and row[attribute] not in values
        ]
        if label is None:
            wrong.append(f'label is {row.get("label")!r}')
        if file_name in rows[name]:
            wrong.append('the image has a line already')
        if wrong:
            faults.append(f'{where}: {", ".join(wrong)}')
            continue
        rows[name][file_name] = dict(row, label=label)
        if images and name not in images:
            absent.append(name)
        elif images and images[name].label != label:
            other_class.append(
                f'{name}: {label}, but in the folder of {images[name].label}'
            )
        same = {row.get(a) == v for a, v in EQUIVALENT_VALUES.items()}
        if len(same) > 1:
            contradictions.append(name)
    number += len(torn)
    faults += torn
    # Images with faulty lines only were entered by the look-up.
    for name in [name for name, files in rows.items() if not files]:
        del rows[name]
    return dict(
        file=file_name,
        rows=number,
        faults=faults,
        images_not_found=absent,
        in_another_class=other_class,
        contradictory_granules=contradictions,
    )


def _attributes(row: dict) -> dict[str, str]:
    return {name: row[name] for name in WBC_ATTRIBUTES if name in row}


def _count_values(rows: Mapping[str, dict]) -> dict:
    """Count attribute values by class; one row an image."""
    counts: dict[str, dict[str, Counter]] = {
        attribute: {value: Counter() for value in values}
        for attribute, values in WBC_ATTRIBUTES.items()
    }
    for files in rows.values():
        row = next(iter(files.values()))
        for attribute in WBC_ATTRIBUTES:
            if attribute in row:
                counts[attribute][row[attribute]][row['label']] += 1
    return counts


def _agreement(rows: Mapping[str, dict]) -> dict | None:
    """How often two files give an image the same value, in percent."""
    twice = [
        list(files.values())[:2] for files in rows.values() if len(files) > 1
    ]
    if not twice:
        return None
    same = {
        attribute: [
            one.get(attribute) == two.get(attribute) for one, two in twice
        ]
        for attribute in WBC_ATTRIBUTES
    }
    cells = [all(values) for values in zip(*same.values(), strict=True)]

    def percent(values):
        return round(100 * sum(values) / len(values), 1)

    return dict(
        images=len(twice),
        attributes={name: percent(values) for name, values in same.items()},
        mean=percent([v for values in same.values() for v in values]),
        whole_cells=percent(cells),
    )
