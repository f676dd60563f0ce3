"""What was published about the datasets, to hold the files against."""

from pathlib import Path

from daffnet_lite.fileio.csv_files import read_csv

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
    rows = (row for _, row in read_csv(_FILE, ('total', *_TEXTS, *_PARTS)))
    row = next((row for row in rows if row['release'] == release), None)
    if row is None:
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
