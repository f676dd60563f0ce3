"""Find out before the work whether its results can be written."""

import os
from pathlib import Path
from tempfile import TemporaryFile

from daffnet_mm.errors import InputError


def check_out_file(*paths: str | Path | None) -> None:
    """Refuse files that cannot be written.

    Nothing is made or changed.

    Args:
        *paths (str | Path, optional): The files; None where none is asked
            for. Their folders need not be there.

    Raises:
        InputError: If one is a folder, lies under a file, or its folder
            cannot be written to.
    """
    for path in filter(None, paths):
        if os.path.isdir(path):
            raise InputError(
                f'{path} is a folder, but a file is to be written: name one '
                'in it'
            )
        _check_folder(path, Path(os.path.realpath(path)).parent)


def check_out_dir(*paths: str | Path | None) -> None:
    """Refuse folders in which no file can be written.

    Nothing is made or changed.

    Args:
        *paths (str | Path, optional): The folders; None where none is asked
            for. They need not be there.

    Raises:
        InputError: If one is a file, lies under one, or cannot be written to.
    """
    for path in filter(None, paths):
        _check_folder(path, Path(os.path.realpath(path)))


def _check_folder(path: str | Path, folder: Path) -> None:
    while not os.path.lexists(folder):
        folder = folder.parent
    if not folder.is_dir():
        raise InputError(
            f'{path} cannot be written, for {folder} is a file and no '
            'folder: name another place'
        )
    try:
        # Tried, because permissions do not tell of full or read-only disks.
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f'{path} cannot be written: {error.strerror} in {folder}; name '
            'another place'
        ) from error
