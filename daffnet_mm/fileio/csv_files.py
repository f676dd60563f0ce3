import csv
from collections.abc import Iterator, Sequence

from daffnet_mm.errors import InputError


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
