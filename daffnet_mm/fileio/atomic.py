import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal


@contextmanager
def atomic_write(
    path: str | os.PathLike[str], mode: Literal['w', 'wb'] = 'w'
) -> Iterator[IO[Any]]:
    """Write a file that is afterwards either whole and new, or as it was.

    The content goes to a hidden temporary file in the same folder, which is
    flushed to the disk and renamed over ``path`` when the block ends. If the
    block raises (a full disk, Ctrl-C, an error in the caller's code), the
    temporary file is removed and ``path`` is left alone. A killed process can
    leave a ``.<name>.<random>.tmp`` behind, but never half of ``path``.

    Args:
        path (str | Path): The file to write. Its folder is made if needed; a
            symbolic link stays a link, and the file it points to is replaced.
        mode (str): ``'w'`` for text (UTF-8, line ends as given) or ``'wb'``
            for bytes. Defaults to ``'w'``.

    Yields:
        IO: The open temporary file.

    Raises:
        ValueError: If ``mode`` is neither ``'w'`` nor ``'wb'``.
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
    target.parent.mkdir(parents=True, exist_ok=True)

    # Not tempfile: its files are private to the user, while results should
    # have the permissions that the user's umask gives to any other file.
    temporary = target.with_name(f'.{target.name}.{uuid.uuid4().hex}.tmp')
    text: dict[str, Any] = {}
    if mode == 'w':
        text = {'encoding': 'utf-8', 'newline': ''}
    try:
        with open(temporary, mode.replace('w', 'x'), **text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
