"""Work on all files of a folder that can be broken off and taken up again."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.progress import track

from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write
from daffnet_mm.utils.worker_pool import run_in_pool


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
    inner, outer = target.resolve(), source.resolve()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise InputError(
            f'{target} and {source} lie in each other; what is written needs '
            'a folder of its own'
        )


def check_settings(target: Path, begun: object, settings: dict) -> None:
    """Refuse a target that was begun with other settings.

    Args:
        target (Path): The folder.
        begun (object): The settings that were found there; None if they
            cannot be read.
        settings (dict): Those asked for.

    Raises:
        InputError: If they differ.
    """
    if begun != settings:
        if begun is None:
            begun = 'settings that cannot be read'
        raise InputError(
            f'{target} was begun with {begun}, not {settings}; choose an '
            'empty folder'
        )


def run_jobs(
    function: Callable,
    jobs: Sequence,
    num_workers: int,
    description: str,
    chunk_size: int = 1,
) -> Iterator:
    """Do jobs behind a progress bar; see :func:`run_in_pool`.

    Raises:
        InputError: If a process was killed.
    """
    try:
        yield from track(
            run_in_pool(function, jobs, num_workers, chunk_size),
            description,
            total=len(jobs),
        )
    except BrokenProcessPool as e:
        raise InputError(
            'a worker process was killed, probably for want of memory; call '
            'again with fewer workers, finished files are kept'
        ) from e


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of the target, which is then written whole or not at all.

    Raises:
        InputError: If it cannot be written.
    """
    try:
        with atomic_write(path, 'wb') as file:
            yield file
    except OSError as e:
        raise cannot_write(path, e) from e


def cannot_write(path: str | Path, error: OSError) -> InputError:
    """Say that the target is at fault, not a file of the source."""
    return InputError(
        f'{path} cannot be written: {error.strerror or error}; make room or '
        'choose another folder and call again, finished files are kept'
    )


def refusal(path: Path, error: Exception) -> str:
    """Say in a sentence what is wrong with a file of the source."""
    reason = getattr(error, 'strerror', None) or error
    return f'{path}: {" ".join(str(reason).split())}'
