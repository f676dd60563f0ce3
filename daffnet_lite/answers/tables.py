"""Answers as tables, for people."""

import os

from rich.table import Table

from daffnet_lite.fileio.names import printable
from daffnet_lite.structures import WBC_ATTRIBUTES


def as_tables(rows: list[dict], counts: list[dict]) -> list[Table]:
    """Lay out what a person wants to read."""
    tables = (
        [cell_table(row) for row in rows]
        if not counts
        else [
            overview_table(rows),
            count_table(counts, len(rows)),
            review_table(rows),
        ]
    )
    return [table for table in tables if table.row_count]


def cell_table(row: dict) -> Table:
    """One cell: its type and attributes."""
    table = Table('', '', 'probability', title=printable(row['image']))
    table.add_row('cell type', row['cell_type'], f'{row["probability"]:.3f}')
    for name in WBC_ATTRIBUTES:
        if name in row:
            table.add_row(
                name.replace('_', ' '),
                row[name],
                f'{row[f"{name}_probability"]:.3f}',
            )
    if row['review']:
        table.add_section()
        table.add_row('look at again', row['review'], '')
    return table


def overview_table(rows: list[dict]) -> Table:
    """Many cells, a line each."""
    names = [name for name in WBC_ATTRIBUTES if name in rows[0]]
    table = Table(
        'image',
        'cell type',
        'probability',
        *(name.replace('_', ' ') for name in names),
    )
    for row in rows:
        table.add_row(
            printable(os.path.basename(row['image'])),
            row['cell_type'],
            f'{row["probability"]:.3f}',
            *(row[name] for name in names),
        )
    return table


def count_table(counts: list[dict], total: int) -> Table:
    """The differential count."""
    table = Table(
        'cell type',
        'number',
        '%',
        '95 % interval',
        'reference',
        title=f'Differential count of {total} cells',
    )
    for count in counts:
        reference = count['reference']
        table.add_row(
            count['cell_type'],
            str(count['number']),
            f'{count["percent"]:.1f}',
            f'{count["low"]:.1f} to {count["high"]:.1f}',
            '{} to {}'.format(*reference) if reference else '',
        )
    return table


def review_table(rows: list[dict]) -> Table:
    """The cells to look at again."""
    table = Table(
        'image', 'cell type', 'probability', 'reason', title='Look at again'
    )
    for row in rows:
        if row['review']:
            table.add_row(
                printable(row['image']),
                row['cell_type'],
                f'{row["probability"]:.3f}',
                row['review'],
            )
    return table
