"""CSV files: those of people's spreadsheets, and those that hold any name."""

import csv
import io
import itertools
import math
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, NamedTuple

from daffnet_lite.errors import InputError, InputWarning

from .names import printable, valid_unicode
from .text_files import read_text

#: What a spreadsheet takes for a formula, and what :func:`for_spreadsheet`
#: makes of it.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r'[+-]?[\d.]+(e[+-]?\d+)?', re.IGNORECASE)
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_DECIMAL_COMMA = re.compile(r'[+-]?\d*,\d+(e[+-]?\d+)?', re.IGNORECASE)

#: What may stand between cells, as messages call it.
_SEPARATORS = {',': 'commas', ';': 'semicolons', '\t': 'tabs'}
#: A first line by which Excel is told the separator.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*?(?:\r\n|\r|\n|$)', re.IGNORECASE)
#: How much of a header a message shows.
_MOST_SHOWN = 20


class CsvFile:
    """A CSV file, as spreadsheets and programs write it.

    It may be UTF-8, with a byte order mark or not, UTF-16 or Windows-1252,
    and its cells may stand between commas, semicolons or tabs. Which of them
    it is, is what the header tells: with one alone it has the columns that
    are needed. Column names may differ in capitals, blanks, hyphens and
    underscores.

    Args:
        path (str | Path): The file.
        columns (Sequence[str]): The columns that must be there.
        optional (Sequence[str]): Columns that may be there, under names as
            free. Defaults to none.
        title (str, optional): What the messages call the file; with ``''``
            they begin with the line. Defaults to None: its path.

    Attributes:
        names (list[str]): All columns in their order; those asked for as the
            caller writes them.
        remark (str, optional): A sentence on how the file was read, if that
            may be wrong.

    Raises:
        InputError: If the file does not exist, is no text or lacks a column.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        columns: Sequence[str],
        optional: Sequence[str] = (),
        title: str | None = None,
    ) -> None:
        self.title = str(path) if title is None else title
        self._text, self.remark = read_text(path, title)
        self._asked = (*columns, *optional)
        self._header, self.names = _find_header(
            self._text, columns, optional, self.title
        )

    def rows(
        self, faults: list[str] | None = None
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """Read the rows; those without any content are passed over.

        Args:
            faults (list[str], optional): Where it is said what is wrong with
                a row, and reading goes on. Defaults to None: it is raised.

        Yields:
            tuple[str, dict[str, str]]: Where a row stands, for messages, and
            its values by column.

        Raises:
            InputError: If a row has too many or too few cells, or a quotation
                mark in the wrong place.
        """
        while True:
            where = f'line {self._header.line + 1}'
            if self.title:
                where = f'{self.title}, {where}'
            try:
                cells = next(self._header.reader)
            except StopIteration:
                return
            except csv.Error as e:
                message = (
                    f'{where}: {e}; is a quotation mark missing there, or in '
                    'the rows below?'
                )
                if faults is None:
                    raise InputError(message) from e
                faults.append(message)
                return
            if not any(map(str.strip, cells)):
                continue
            fault = self._fault(cells)
            if fault is None:
                cells += [''] * (len(self.names) - len(cells))
                yield where, dict(zip(self.names, cells, strict=False))
            elif faults is None:
                raise InputError(f'{where}: {fault}')
            else:
                faults.append(f'{where}: {fault}')

    def _fault(self, cells: Sequence[str]) -> str | None:
        expected = len(self.names)
        fault = (
            f'the header has {expected} cells between '
            f'{self._header.between}, but this row {len(cells)}; '
        )
        if any(map(str.strip, cells[expected:])):
            return (
                f'{fault}put a cell that holds one (a name, a decimal comma) '
                'between quotation marks'
            )
        absent = [n for n in self.names[len(cells) :] if n in self._asked]
        return f'{fault}column {absent[0]!r} is missing' if absent else None


def read_csv(
    path: str | os.PathLike[str],
    columns: Sequence[str],
    title: str | None = None,
    optional: Sequence[str] = (),
) -> Iterator[tuple[str, dict[str, str]]]:
    """Read a CSV file that must have certain columns; see :class:`CsvFile`.

    Args:
        path (str | Path): The file.
        columns (Sequence[str]): The columns that must be there.
        title (str, optional): What the messages call the file. Defaults to
            None: its path.
        optional (Sequence[str]): Columns that may be there. Defaults to none.

    Yields:
        tuple[str, dict[str, str]]: Where a row stands, for messages, and its
        values by column.

    Raises:
        InputError: If the file, or a row of it, cannot be read.
    """
    file = CsvFile(path, columns, optional, title)
    if file.remark:
        warnings.warn(file.remark, InputWarning, stacklevel=2)
    yield from file.rows()


def find_columns(
    path: str | os.PathLike[str], columns: Sequence[str]
) -> set[str]:
    """Find out which columns a CSV file has.

    Args:
        path (str | Path): The file.
        columns (Sequence[str]): The columns that are looked for.

    Returns:
        set[str]: Those that are there.

    Raises:
        InputError: If the file does not exist or is no text.
    """
    text, _ = read_text(path)
    return max(
        (set(_places(header.cells, columns)) for header in _headers(text)),
        key=len,
        default=set(),
    )


def read_number(text: str, where: str, column: str) -> float:
    """Read the number in a cell.

    Args:
        text (str): What stands there.
        where (str): Where the row stands.
        column (str): The column.

    Returns:
        float: The number.

    Raises:
        InputError: If it is no finite number.
    """
    text = text.strip()
    try:
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return number
    hint = ''
    if _DECIMAL_COMMA.fullmatch(text):
        hint = f'; write {text.replace(",", ".")}, with a point'
    raise InputError(
        f'{where}, column {column}: {text!r} must be a number{hint}'
    )


class _Header(NamedTuple):
    """A header, as it is with one of the separators."""

    separator: str
    cells: list[str]
    reader: Any  # of csv, behind the header
    skipped: int  # lines before those that the reader counts

    @property
    def line(self) -> int:
        """The last line that was read."""
        return self.skipped + self.reader.line_num

    @property
    def between(self) -> str:
        """What stands between cells."""
        return _SEPARATORS.get(self.separator, repr(self.separator))


def _headers(text: str) -> Iterator[_Header]:
    """Read the header with each separator with which it can be read."""
    told = _SEPARATOR_LINE.match(text)
    for separator in [told[1]] if told else _SEPARATORS:
        lines = io.StringIO(text[told.end() if told else 0 :], newline='')
        try:
            reader = csv.reader(lines, delimiter=separator, strict=True)
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield _Header(separator, cells, reader, bool(told))
                    break
        except (csv.Error, TypeError, ValueError):
            continue  # not with this one


def _find_header(
    text: str, columns: Sequence[str], optional: Sequence[str], title: str
) -> tuple[_Header, list[str]]:
    """Find the separator with which a file has the columns.

    Returns:
        tuple[_Header, list[str]]: The header, and the names of all columns.
    """
    asked = (*columns, *optional)
    headers = list(_headers(text))
    found = [
        h for h in headers if set(columns) <= set(_places(h.cells, asked))
    ]
    if not found:
        best = max(
            headers,
            key=lambda h: (len(_places(h.cells, asked)), len(h.cells)),
            default=None,
        )
        raise InputError(_describe_missing(title, columns, best))
    header = found[0]
    # A header of one column is the same with each.
    if any(other.cells != header.cells for other in found):
        between = ' and '.join(other.between for other in found)
        raise InputError(
            f'{title}, line {header.line}: the header has '
            f'{", ".join(columns)} between {between} alike; use one of them'
        )
    places = _places(header.cells, asked)
    for name, several in places.items():
        if len(several) > 1:
            numbers = ' and '.join(str(place + 1) for place in several)
            raise InputError(
                f'{title}, line {header.line}: columns {numbers} are both '
                f'{name!r}; rename all but one'
            )
    named = {several[0]: name for name, several in places.items()}
    names: list[str] = []
    for place, cell in enumerate(header.cells):
        name = named.get(place, cell.strip())
        if place not in named and name in (*names, *named.values()):
            name = f'{name} (column {place + 1})'
        names.append(name)
    return header, names


def _places(
    header: Sequence[str], columns: Sequence[str]
) -> dict[str, list[int]]:
    """Find columns in a header: exactly as they are, or else freely."""
    exact = [cell.strip() for cell in header]
    free = [_letters(cell) for cell in header]
    places = {}
    for name in columns:
        for cells, wanted in ((exact, name), (free, _letters(name))):
            several = [i for i, cell in enumerate(cells) if cell == wanted]
            if several:
                places[name] = several
                break
    return places


def _letters(name: str) -> str:
    return ''.join(re.findall(r'[^\W_]+', name.casefold()))


def _describe_missing(
    title: str, columns: Sequence[str], best: _Header | None
) -> str:
    there = 'it has no header'
    places: dict = {}
    if best:
        places = _places(best.cells, columns)
        shown = [printable(cell)[:40] for cell in best.cells[:_MOST_SHOWN]]
        shown += ['...'] * (len(best.cells) > _MOST_SHOWN)
        there = f'line {best.line} has {", ".join(shown)}'
    missing = next(name for name in columns if name not in places)
    return (
        f'{title} has no column {missing!r}; expected are '
        f'{", ".join(columns)}, between {", ".join(_SEPARATORS.values())}, '
        f'but {there}'
    )


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
