import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_KINDS = (
    (stat.S_ISFIFO, 'it is a pipe, and only files are read'),
    (stat.S_ISSOCK, 'it is a socket, and only files are read'),
    (stat.S_ISCHR, 'it is a device, and only files are read'),
    (stat.S_ISBLK, 'it is a device, and only files are read'),
)


def open_regular(path: str | Path) -> BinaryIO:
    """Open a file for reading, and nothing else that has a path.

    A pipe would keep the program waiting for ever, and a device such as
    ``/dev/zero`` has no end. Links are followed.

    Args:
        path (str | Path): The file.

    Returns:
        BinaryIO: The open file, without a buffer of its own.

    Raises:
        OSError: If it cannot be opened, or is no regular file.
    """
    file = open(path, 'rb', buffering=0, opener=_open_at_once)  # noqa: SIM115
    mode = os.fstat(file.fileno()).st_mode
    if not stat.S_ISREG(mode):
        file.close()
        kind = next((text for is_it, text in _KINDS if is_it(mode)), None)
        raise OSError(errno.EINVAL, kind or 'it is no file', str(path))
    return file


def read_regular(path: str | Path, max_bytes: int | None = None) -> bytes:
    """Read a file, unless it is no file or too large.

    Args:
        path (str | Path): The file.
        max_bytes (int, optional): The most that is read. Defaults to None: no
            limit.

    Returns:
        bytes: Its content.

    Raises:
        OSError: If it cannot be read, is no regular file or too large.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if max_bytes is not None and size > max_bytes:
            raise OSError(
                errno.EFBIG,
                f'it has {size} bytes, more than the limit of {max_bytes}',
                str(path),
            )
        return file.read()


def _open_at_once(path: str, flags: int) -> int:
    # Without waiting for the other end of a pipe; files know no such flags.
    for name in ('O_NONBLOCK', 'O_NOCTTY'):
        flags |= getattr(os, name, 0)
    return os.open(path, flags)
