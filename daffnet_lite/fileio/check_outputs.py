import os
from pathlib import Path
from tempfile import TemporaryFile

from daffnet_lite.errors import InputError

from .atomic import is_device
from .leftovers import sweep_beside


def check_out_file(path: str | Path | None) -> None:
    """Find out before the work whether a file can be written.

    Nothing is made. Its folder need not be there. What a killed process left
    half-written of it is removed.

    Args:
        path (str | Path, optional): The file, if one is to be written; a
            device or a pipe will do.

    Raises:
        InputError: If it is a folder, lies under a file, or its folder cannot
            be written to.
    """
    if not path:
        return
    if os.path.isdir(path):
        raise InputError(
            f'{path} is a folder, but a file is to be written: name one in it'
        )
    if is_device(path):
        if not os.access(path, os.W_OK):
            raise InputError(
                f'{path} cannot be written (Permission denied): name another '
                'place'
            )
        return
    _check(path, Path(os.path.realpath(path)).parent)
    sweep_beside(path)


def check_out_dir(path: str | Path | None) -> None:
    """Find out before the work whether files can be written to a folder.

    Nothing is made. The folder need not be there.

    Args:
        path (str | Path, optional): The folder, if there is to be one.

    Raises:
        InputError: If it is a file, lies under one, or cannot be written to.
    """
    if path:
        _check(path, Path(os.path.realpath(path)))


def _check(path: str | Path, folder: Path) -> None:
    while not os.path.lexists(folder):
        folder = folder.parent
    if not folder.is_dir():
        raise InputError(
            f'{path} cannot be written, for {folder} is no folder: name '
            'another place'
        )
    try:
        # Permissions do not tell of full disks and those that are read only.
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f'{path} cannot be written ({error.strerror} in {folder}): name '
            'another place'
        ) from error
