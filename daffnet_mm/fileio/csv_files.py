"""CSV files that hold any name, and those that a spreadsheet may open."""

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from daffnet_mm.errors import InputError

from .names import valid_unicode

#: What a spreadsheet takes for a formula, and what :func:`for_spreadsheet`
#: makes of it.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r'[+-]?[\d.]+(e[+-]?\d+)?', re.IGNORECASE)
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def read_csv(
    path: str, columns: Sequence[str], title: str | None = None
) -> Iterator[tuple[str, dict[str, str]]]:
    """Read a CSV file that must have certain columns.

    Args:
        path (str): The file, in UTF-8; a byte order mark, which spreadsheets
            write, is no part of the first column's name.
        columns (Sequence[str]): The columns that must be there.
        title (str, optional): What the messages call the file. Defaults to
            None: its path.

    Yields:
        tuple[str, dict[str, str]]: Where a row stands, for messages, and its
        values by column; ``''`` where the row is too short.

    Raises:
        InputError: If the file does not exist, is no CSV in UTF-8 or lacks a
            column.
    """
    title = title or path
    try:
        with open(path, newline='', encoding='utf-8-sig') as file:
            reader = csv.DictReader(file)
            for column in columns:
                if column not in (reader.fieldnames or ()):
                    raise InputError(
                        f'{title} has no column {column!r}; expected are '
                        f'{", ".join(columns)}'
                    )
            for row in reader:
                yield (
                    f'{title}, line {reader.line_num}',
                    {column: value or '' for column, value in row.items()},
                )
    except FileNotFoundError as e:
        raise InputError(f'{title} does not exist') from e
    except (UnicodeDecodeError, csv.Error) as e:
        raise InputError(f'{title} is not CSV in UTF-8: {e}') from e


class LineFeeds:
    """Ends lines in a line feed alone, which ``csv`` ends in two characters.

    A writer that is told of one of the two only leaves the other without
    quotes, and a name with a carriage return in it would be torn.

    Args:
        file (IO[str]): Where the lines go.
    """

    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def write(self, line: str) -> None:
        """Write a line."""
        self.file.write(line.removesuffix('\r\n') + '\n')


def write_csv_rows(
    file: IO[str],
    columns: Sequence[str],
    rows: Iterable[Sequence],
    for_people: bool = False,
) -> None:
    """Write a table as CSV: UTF-8, commas, line feeds.

    Args:
        file (IO[str]): The open file.
        columns (Sequence[str]): The header.
        rows (Iterable[Sequence]): The rows; numbers and texts.
        for_people (bool): Whether a person may open it in a spreadsheet:
            texts are then guarded by :func:`for_spreadsheet`, and bytes of
            names that are not UTF-8 written out. Files that other tools read
            keep names as they are. Defaults to False.
    """
    writer = csv.writer(LineFeeds(file), lineterminator='\r\n')
    for row in itertools.chain([columns], rows):
        if for_people:
            row = [readable_cell(cell) for cell in row]
        writer.writerow(row)


def readable_cell(cell: Any) -> Any:
    """Make of a cell what is safe to open: text, or a number as it is."""
    if isinstance(cell, str):
        return for_spreadsheet(valid_unicode(cell))
    return cell


def for_spreadsheet(text: str) -> str:
    """Guard a text from being run as a formula; a number is none.

    Args:
        text (str): Any text, such as ``'=1+1.png'``.

    Returns:
        str: The text, after an apostrophe if it begins as a formula does.
    """
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def from_spreadsheet(text: str) -> str:
    """Undo :func:`for_spreadsheet`.

    Args:
        text (str): What stands in a cell.

    Returns:
        str: The text as it was.
    """
    return text[1:] if _GUARDED.match(text) else text
