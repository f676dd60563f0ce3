"""What was published about the datasets, to hold the files against."""

import csv
from pathlib import Path

_FILE = Path(__file__).with_suffix('.csv')
_TEXTS = ('release', 'source', 'size', 'format', 'classes_source', 'note')
_PARTS = ('train', 'val', 'test')


def published_counts(release: str) -> dict | None:
    """Look a release up in ``published_counts.csv``.

    Args:
        release (str): The release, as the audit's sources name it.

    Returns:
        dict, optional: ``total`` (images), ``classes`` and ``parts`` (images
        by class and official part, as far as published), ``source`` and
        ``classes_source`` (who says so), ``size`` (such as ``'360x363'``, or
        None) and ``format`` (as Pillow calls it); None if nothing is known.
    """
    with open(_FILE, newline='', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            if row['release'] == release:
                break
        else:
            return None
    counts = {k: int(v) for k, v in row.items() if v and k not in _TEXTS}
    return dict(
        source=row['source'],
        total=counts.pop('total'),
        classes_source=row['classes_source'],
        parts={k: counts.pop(k) for k in _PARTS if k in counts},
        classes=counts,
        size=row['size'] or None,
        format=row['format'],
    )
