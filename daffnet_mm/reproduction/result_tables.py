"""Tables of test results as Markdown and CSV."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from daffnet_mm.fileio import atomic_write


def write_csv(path: str | Path, rows: Sequence[Mapping]) -> None:
    """Write rows as CSV; a cell without a value is empty.

    Args:
        path (str | Path): The file.
        rows (Sequence[Mapping]): The rows. A column that a row lacks is
            empty there.
    """
    columns = dict.fromkeys(key for row in rows for key in row)
    with atomic_write(path) as file:
        writer = csv.DictWriter(
            file, fieldnames=list(columns), lineterminator='\n'
        )
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {
                    key: f'{value:.6g}' if isinstance(value, float) else value
                    for key, value in row.items()
                }
            )


def to_markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay a table out in Markdown.

    Args:
        headers (Sequence[str]): The headings; the first column is aligned
            left, the others right.
        rows (Sequence[Sequence[str]]): The cells.

    Returns:
        str: The lines, with a line end after each.
    """
    rule = ['---', *['---:'] * (len(headers) - 1)]
    return ''.join(
        f'| {" | ".join(cells)} |\n' for cells in (headers, rule, *rows)
    )
