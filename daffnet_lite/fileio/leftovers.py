"""Temporary files of `atomic_write`: their names, and the end of old ones."""

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .file_locks import try_lock

#: Bytes of a name that a temporary file's begins with; file systems allow 255
#: in all.
_MOST_BYTES = 200
_TEMPORARY = re.compile(r'\..*\.[0-9a-f]{32}\.tmp', re.DOTALL)


def temporary_name(path: Path) -> Path:
    """Name the hidden file that becomes another one when it is whole.

    Args:
        path (Path): The file to write.

    Returns:
        Path: A new name in the same folder.
    """
    return path.with_name(f'{_prefix(path)}{uuid.uuid4().hex}.tmp')


def sweep_folder(folder: str | Path) -> None:
    """Remove what killed processes left half-written in and below a folder.

    What a living process writes has its lock, and stays.

    Args:
        folder (str | Path): The folder; without effect if there is none.
    """
    for place, _, names in os.walk(folder):
        for name in names:
            if _TEMPORARY.fullmatch(name):
                _remove_dead(os.path.join(place, name))


def sweep_beside(path: str | Path) -> None:
    """Remove what killed processes left half-written of one file.

    Args:
        path (str | Path): The file, which need not be there.
    """
    path = Path(os.path.realpath(path))
    prefix = _prefix(path)
    for name in _names(path.parent):
        if name.startswith(prefix) and _TEMPORARY.fullmatch(name):
            _remove_dead(os.path.join(path.parent, name))


def _prefix(path: Path) -> str:
    name = os.fsencode(path.name)[:_MOST_BYTES]
    return f'.{os.fsdecode(name)}.'


def _names(folder: Path) -> Iterator[str]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            yield entry.name


def _remove_dead(path: str) -> None:
    # Somebody else's file, or one that has just become whole.
    with suppress(OSError), open(path, 'rb') as file:
        if try_lock(file.fileno()):
            os.unlink(path)
