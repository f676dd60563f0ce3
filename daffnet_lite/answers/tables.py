"""Answers as tables, for people."""

import os
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len, chop_cells
from rich.table import Column, Table

from daffnet_lite.fileio.names import printable
from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_lite.utils.rounding import interval_text, rounded_down

#: Columns of text that rich takes for the frame of a column of a table.
FRAME = 3
#: Of the name of an image so much is shown at least, and so much of a reason
#: in a line.
LEAST_NAME, LEAST_REASON = 16, 20


def as_tables(
    rows: list[dict], counts: list[dict], width: int, encoding: str = 'utf-8'
) -> list[Table]:
    """Lay out what a person wants to read.

    Args:
        rows (list[dict]): The answers.
        counts (list[dict]): The differential count; none of one cell, or
            where none can be counted.
        width (int): Columns of text that there are. What does not fit is
            left out, the last attributes first, and of an image's name the
            beginning.
        encoding (str): Of the stream; what it lacks of a name is written out
            before it is laid out. Defaults to ``'utf-8'``.

    Returns:
        list[Table]: The tables.
    """
    rows = [dict(row, image=_in(encoding, row['image'])) for row in rows]
    tables = (
        [cell_table(row) for row in rows]
        if not counts and len(rows) < 2
        else [
            overview_table(rows, width),
            count_table(counts, len(rows)),
            review_table(rows, width),
        ]
    )
    return [table for table in tables if table.row_count]


def _table(*headings: str, **kwargs: Any) -> Table:
    """Begin a table that breaks what is too long, and leaves out nothing."""
    # The dots of Rich's own cut are none that every stream can show.
    return Table(*(Column(h, overflow='fold') for h in headings), **kwargs)


def _probabilities(rows: Sequence[dict]) -> list[str]:
    return [rounded_down(row['probability'], 3) for row in rows]


def cell_table(row: dict) -> Table:
    """One cell: its type and attributes."""
    table = _table('', '', 'probability', title=printable(row['image']))
    table.add_row('cell type', row['cell_type'], *_probabilities([row]))
    for name in WBC_ATTRIBUTES:
        if name in row:
            table.add_row(
                name.replace('_', ' '),
                row[name],
                rounded_down(row[f'{name}_probability'], 3),
            )
    if row['review']:
        table.add_section()
        table.add_row('look at again', row['review'], '')
    return table


def overview_table(rows: list[dict], width: int) -> Table:
    """Many cells, a line each."""
    names = [name for name in WBC_ATTRIBUTES if name in rows[0]]
    columns = [
        ('cell type', [row['cell_type'] for row in rows]),
        ('probability', _probabilities(rows)),
        *(
            (name.replace('_', ' '), [row[name] for row in rows])
            for name in names
        ),
    ]
    images = [printable(os.path.basename(row['image'])) for row in rows]
    wanted = _width_of('image', images)
    # The frame has one line more than there are columns.
    left = width - 1 - min(wanted, LEAST_NAME + FRAME)
    shown = []
    for heading, cells in columns:
        left -= _width_of(heading, cells)
        if left < 0:
            break
        shown.append((heading, cells))
    # Whatever there is left, the names take.
    room = width - 1 - FRAME - sum(_width_of(*column) for column in shown)
    table = _table(
        'image',
        *(heading for heading, _ in shown),
        caption=_left_out([heading for heading, _ in columns[len(shown) :]]),
    )
    for image, *cells in zip(
        images, *(cells for _, cells in shown), strict=True
    ):
        table.add_row(_end_of(image, room), *cells)
    return table


def _in(encoding: str, name: str) -> str:
    # Of bytes that are no text, `printable` makes escapes.
    text = printable(name)
    return text.encode(encoding, 'backslashreplace').decode(encoding)


def _width_of(heading: str, cells: Sequence[str]) -> int:
    """Columns of text that a column of a table takes, with its frame."""
    return FRAME + max(map(cell_len, (heading, *cells)))


def _end_of(text: str, width: int) -> str:
    """The end of a text that is too wide, after dots."""
    if cell_len(text) <= width:
        return text
    kept = chop_cells(text[::-1], max(width - 3, 1))[0][::-1]
    return f'...{kept}'


def _left_out(headings: Sequence[str]) -> str | None:
    if not headings:
        return None
    return f'not shown, for want of width: {", ".join(headings)}'


def count_table(counts: list[dict], total: int) -> Table:
    """The differential count, and how many of all cells are not in it."""
    counted = sum(count['number'] for count in counts)
    uncounted = None
    if counted < total:
        uncounted = (
            f'left out: {total - counted} of {total}, which do not show one '
            'white cell'
        )
    table = _table(
        'cell type',
        'number',
        '%',
        '95 % interval',
        'reference',
        title=f'Differential count of {counted} '
        f'cell{"" if counted == 1 else "s"}',
        caption=uncounted,
    )
    for count in counts:
        reference = count['reference']
        table.add_row(
            count['cell_type'],
            str(count['number']),
            f'{count["percent"]:.1f}',
            interval_text(count['low'], count['high']),
            '{} to {}'.format(*reference) if reference else '',
        )
    return table


def review_table(rows: list[dict], width: int) -> Table:
    """The cells to look at again."""
    found = [row for row in rows if row['review']]
    columns = [
        ('cell type', [row['cell_type'] for row in found]),
        ('probability', _probabilities(found)),
        ('reason', [row['review'] for row in found]),
    ]
    # Reasons may take several lines, but no word shall.
    least = LEAST_NAME + FRAME + LEAST_REASON + FRAME
    if least + sum(_width_of(*column) for column in columns[:2]) > width - 1:
        del columns[1]
    room = width - 1 - FRAME - sum(_width_of(*column) for column in columns)
    table = _table(
        'image', *(heading for heading, _ in columns), title='Look at again'
    )
    table.columns[0].no_wrap = True
    for row, *cells in zip(
        found, *(cells for _, cells in columns), strict=True
    ):
        image = _end_of(printable(row['image']), max(room, LEAST_NAME))
        table.add_row(image, *cells)
    return table
