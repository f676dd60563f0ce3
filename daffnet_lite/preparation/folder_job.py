"""Work on all files of a folder that can be broken off and taken up again."""

import errno
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

from rich.progress import track

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.claims import Claim, claim_folder
from daffnet_lite.fileio.image_reading import reason_of
from daffnet_lite.fileio.names import printable
from daffnet_lite.utils.worker_pool import run_in_pool


def check_folders(source: Path, target: Path) -> None:
    """Refuse a source that is no folder, and folders within each other.

    Raises:
        InputError: If they cannot be used.
    """
    if not source.is_dir():
        raise InputError(
            f'{source} is no folder; the first argument is the folder with '
            'the images'
        )
    check_apart(source, target)


def check_apart(source: Path, target: Path) -> None:
    """Refuse folders within each other.

    Raises:
        InputError: If they are, or are the same.
    """
    inner, outer = target.resolve(), source.resolve()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise InputError(
            f'{target} and {source} lie in each other; what is written needs '
            'a folder of its own'
        )


def check_settings(notes: Path, begun: object, settings: dict) -> None:
    """Refuse a target that was begun with other settings.

    Args:
        notes (Path): The file of the target that tells of them.
        begun (object): What it tells; None if it cannot be read.
        settings (dict): Those asked for.

    Raises:
        InputError: If they differ.
    """
    if begun is None:
        raise InputError(
            f'{notes} is damaged, so the settings that {notes.parent} was '
            'begun with cannot be read: choose an empty folder, or delete '
            f'this file if they were {settings}'
        )
    if begun != settings:
        raise InputError(
            f'{notes.parent} was begun with {begun}, not {settings}; choose '
            'an empty folder'
        )


@contextmanager
def owned(target: Path) -> Iterator[Claim]:
    """Have the target for this process alone.

    Raises:
        InputError: If another process works there, or if it cannot be
            written.
    """
    try:
        with claim_folder(target) as claim:
            yield claim
    except OSError as e:
        raise cannot_write(e.filename or target, e) from e


@contextmanager
def run_jobs(
    function: Callable,
    jobs: Sequence,
    num_workers: int,
    description: str,
    chunk_size: int = 1,
) -> Iterator[Iterator]:
    """Do jobs behind a progress bar; see :func:`run_in_pool`.

    Yields:
        Iterator: The results. When the block is left, no further job begins.

    Raises:
        InputError: If a process was killed.
    """
    try:
        with closing(
            run_in_pool(function, jobs, num_workers, chunk_size)
        ) as results:
            yield iter(track(results, description, total=len(jobs)))
    except BrokenProcessPool as e:
        raise InputError(
            'a worker process was killed, probably for want of memory; call '
            'again with fewer workers, finished files are kept'
        ) from e


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of the target, which is then written whole or not at all.

    Raises:
        OSError: If its name is too long, which costs this file alone.
        InputError: If it cannot be written for another reason.
    """
    try:
        with atomic_write(path, 'wb') as file:
            yield file
    except OSError as e:
        if e.errno == errno.ENAMETOOLONG:
            raise
        raise cannot_write(path, e) from e


def cannot_write(path: str | Path, error: OSError) -> InputError:
    """Say that the target is at fault, not a file of the source."""
    return InputError(
        f'{path} cannot be written: {error.strerror or error}; make room or '
        'choose another folder and call again, finished files are kept'
    )


def check_there(target: Path, names: Iterable[str]) -> None:
    """Notice that files of the target were deleted meanwhile.

    Args:
        target (Path): The folder.
        names (Iterable[str]): The files that are there if nobody did.

    Raises:
        InputError: If some are not.
    """
    gone = [name for name in names if not (target / name).is_file()]
    if gone:
        raise InputError(
            f'{len(gone)} files of {target} were deleted while it was '
            f'written, such as {printable(gone[0])}: see that nothing else '
            'works there, and call again'
        )


def refusal(path: Path, error: Exception, content: bytes = b'') -> str:
    """Say in a sentence what is wrong with a file of the source."""
    return f'{printable(str(path))}: {reason_of(error, content)}'


def warn_of(sentences: Iterable[str]) -> None:
    """Say what is not refused, but other than somebody may think."""
    for sentence in sentences:
        warnings.warn(sentence, InputWarning, stacklevel=3)
