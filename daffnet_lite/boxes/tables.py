"""Boxes in a CSV file, such as the `boxes.csv` of cropped fields."""

from pathlib import Path

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.csv_files import (
    CsvFile,
    find_columns,
    from_spreadsheet,
    read_number,
)

from .given_box import GivenBox, read_box

SIDES = ('x1', 'y1', 'x2', 'y2')
#: Columns that may name the field, the first that is there does; in
#: `boxes.csv` the field is the group, and the image the crop.
FIELDS = ('field', 'group', 'image')
#: Columns that may say what is in a box.
KINDS = ('class', 'label')


def read_table(path: Path) -> dict[str, list[GivenBox]]:
    """Read the boxes of a CSV file by the fields that it names.

    Raises:
        InputError: If it lacks a column, or a line holds no box.
    """
    there = find_columns(path, (*FIELDS, *KINDS))
    named = next((name for name in FIELDS if name in there), FIELDS[0])
    file = CsvFile(path, (named, *SIDES), KINDS)
    found: dict[str, list[GivenBox]] = {}
    for where, row in file.rows():
        field = from_spreadsheet(row[named].strip())
        if not field:
            raise InputError(f'{where}, column {named}: the field is missing')
        sides = [read_number(row[side], where, side) for side in SIDES]
        kind = next((row[name] for name in KINDS if row.get(name)), '')
        found.setdefault(field, []).append(read_box(sides, where, kind))
    return found
