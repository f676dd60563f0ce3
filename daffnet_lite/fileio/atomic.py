import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal

from .file_locks import hold
from .leftovers import temporary_name


@contextmanager
def atomic_write(
    path: str | os.PathLike[str], mode: Literal['w', 'wb'] = 'w'
) -> Iterator[IO[Any]]:
    """Write a file that is afterwards either whole and new, or as it was.

    The content goes to a hidden temporary file in the same folder, which is
    flushed to the disk and renamed over ``path`` when the block ends. If the
    block raises (a full disk, Ctrl-C, an error in the caller's code), the
    temporary file is removed and ``path`` is left alone. A killed process can
    leave a ``.<name>.<random>.tmp`` behind, but never half of ``path``;
    :mod:`~daffnet_lite.fileio.leftovers` sweeps it.

    What is there and no file, such as a device or a pipe, is not replaced:
    it is written to.

    Args:
        path (str | Path): The file to write. Its folder is made if needed; a
            symbolic link stays a link, and the file it points to is replaced.
        mode (str): ``'w'`` for text (UTF-8, line ends as given) or ``'wb'``
            for bytes. Defaults to ``'w'``.

    Yields:
        IO: The open temporary file.

    Raises:
        ValueError: If ``mode`` is neither ``'w'`` nor ``'wb'``.
        OSError: If it cannot be written; the error has the name of ``path``.
        IsADirectoryError: If ``path`` is a folder.

    Examples:
        >>> import json
        >>> result = dict(accuracy=99.51)
        >>> with atomic_write('result.json') as file:
        ...     json.dump(result, file)
    """
    if mode not in ('w', 'wb'):
        raise ValueError(f"atomic_write takes mode 'w' or 'wb', not {mode!r}")
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f'{path} is a folder, a file was expected')
    text: dict[str, Any] = {}
    if mode == 'w':
        text = {'encoding': 'utf-8', 'newline': ''}
    # By its own path: what a link of /proc leads to has none.
    if is_device(path):
        with _errors_named(path), open(path, mode, **text) as file:
            yield file
        return

    # Not tempfile: its files are private to the user, while results should
    # have the permissions that the user's umask gives to any other file.
    temporary = temporary_name(target)
    try:
        with _errors_named(path, temporary), ExitStack() as stack:
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, mode.replace('w', 'x'), **text) as file:
                held = hold(file.fileno())
                if held is not None:
                    stack.callback(os.close, held)
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def is_device(path: str | os.PathLike[str]) -> bool:
    """Tell whether something is there that is neither a file nor a folder.

    Args:
        path (str | Path): Its name, or a link to it.

    Returns:
        bool: True for a device, a pipe or a socket.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def _errors_named(
    path: str | os.PathLike[str], temporary: Path | None = None
) -> Iterator[None]:
    """Give errors the name of the file that the caller knows."""
    try:
        yield
    except OSError as error:
        ours = error.filename in (None, str(temporary))
        if ours and error.errno is not None:
            error.filename = os.fspath(path)
            error.filename2 = None
        raise
