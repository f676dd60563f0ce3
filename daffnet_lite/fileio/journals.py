"""Journals: what is done, a line an entry, safe on disk while work goes on."""

import json
import warnings
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from daffnet_lite.errors import InputWarning

from .atomic import atomic_write


class JournalContent(NamedTuple):
    """What a journal holds.

    Attributes:
        header (Any): The first line's; None if it is damaged.
        entries (list): Those of the lines that are whole.
        damaged (int): The number of the others.
    """

    header: Any
    entries: list
    damaged: int


def read_journal(path: str | Path) -> JournalContent:
    """Read a journal, whatever has become of it.

    A killed process leaves at most one incomplete line.

    Args:
        path (str | Path): The journal.

    Returns:
        JournalContent: What is whole of it.
    """
    with open(path, encoding='utf-8', errors='replace', newline='\n') as file:
        header, *lines = map(_entry, [*file] or [''])
    entries = [line for line in lines if line is not None]
    return JournalContent(header, entries, len(lines) - len(entries))


def warn_of_damage(path: str | Path, damaged: int) -> None:
    """Say that lines were left out.

    Args:
        path (str | Path): The journal.
        damaged (int): How many; nothing is said of none.
    """
    if damaged:
        lines = 'a line is' if damaged == 1 else f'{damaged} lines are'
        warnings.warn(
            f'{path}: {lines} damaged or cut short and left out; what stood '
            'there is done again',
            InputWarning,
            stacklevel=3,
        )


class Journal:
    """A journal that is begun anew, with what holds of an old one.

    Args:
        path (str | Path): Where it lies.
        header (Any): What all depends on.
        entries (Iterable): The entries to begin with. Defaults to none.
    """

    def __init__(
        self, path: str | Path, header: Any, entries: Iterable = ()
    ) -> None:
        # Not in place: killed here, those of the last run would be lost.
        with atomic_write(path) as file:
            file.writelines(map(_line, (header, *entries)))
        self._file = open(path, 'a', encoding='utf-8')  # noqa: SIM115

    def append(self, entry: Any) -> None:
        """Add an entry, which is then safe from a kill of this process.

        Raises:
            OSError: If it cannot be written.
        """
        try:
            self._file.write(_line(entry))
            self._file.flush()
        except OSError as error:
            error.filename = self._file.name
            raise

    def close(self) -> None:
        """Stop writing; what was added stays."""
        # All was flushed, unless that failed and was said.
        with suppress(OSError):
            self._file.close()

    def __enter__(self) -> 'Journal':
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _line(entry: Any) -> str:
    """Write an entry as JSON, a tab, and a checksum of the JSON."""
    text = json.dumps(entry)
    return f'{text}\t{zlib.crc32(text.encode()):08x}\n'


def _entry(line: str) -> Any:
    """Read a line; gives None if it is damaged."""
    text, tab, checksum = line.rstrip('\n').rpartition('\t')
    if not tab:  # as version 0.1.0 wrote it
        text = checksum
    elif checksum != f'{zlib.crc32(text.encode()):08x}':
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None
