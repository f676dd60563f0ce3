"""One process at a time in a folder, or at a file."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from daffnet_lite.errors import InputError

from .file_locks import try_lock
from .leftovers import sweep_beside, sweep_folder

#: Seconds to wait for a process that may be about to end.
PATIENCE = 10.0
_POLL_SECONDS = 0.1
#: The locks of this process.
_held: set[IO[str]] = set()


def _let_go() -> None:
    for file in _held:
        file.close()


# Workers that are forked would keep the lock of a process that was killed.
if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=_let_go)


@dataclass(frozen=True)
class Claim:
    """What a process has for itself.

    Args:
        title (str): What it is called in sentences.
        lock (Path): The file that is locked.
        file (IO): The same, open.
    """

    title: str
    lock: Path
    file: IO[str]

    def fileno(self) -> int:
        """The lock's number, for processes that shall inherit it."""
        return self.file.fileno()

    def is_there(self) -> bool:
        """Tell whether the lock still lies where it was made."""
        try:
            there = os.stat(self.lock)
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(self.file.fileno()))

    def check(self) -> None:
        """Notice that the folder was taken away.

        Raises:
            InputError: If it was deleted, moved or replaced.
        """
        if not self.is_there():
            raise InputError(
                f'{self.title} was deleted or moved while it was written: '
                'see that nothing else works there, and call again'
            )


@contextmanager
def claim_folder(
    folder: str | Path, wait: Callable[[], bool] | None = None
) -> Iterator[Claim]:
    """Keep other processes out of a folder, and sweep it.

    A process that the lock is handed on to has it, too: one that outlives
    this process, killed, still holds it.

    Args:
        folder (str | Path): The folder, made if needed.
        wait (Callable, optional): Called while another process is in it;
            tells whether to try again. Defaults to None: for ``PATIENCE``
            seconds.

    Yields:
        Claim: The lock. When the block ends well, it is checked.

    Raises:
        InputError: If another process works in the folder, or if it was
            deleted meanwhile.
    """
    folder = Path(folder)
    with _claimed(folder / '.lock', f'{folder}', 'in', wait) as claim:
        sweep_folder(folder)
        yield claim


@contextmanager
def claim_file(path: str | Path) -> Iterator[Claim]:
    """Keep other processes from making a file at the same time.

    Args:
        path (str | Path): The file, which need not be there; its folder is
            made.

    Yields:
        Claim: The lock. When the block ends well, it is checked.

    Raises:
        InputError: If another process makes it, or if its folder was deleted
            meanwhile.
    """
    real = Path(os.path.realpath(path))
    # Short, as the file's own name may be as long as names can be.
    stem = os.fsdecode(os.fsencode(real.name)[:200])
    lock = real.with_name(f'.{stem}.lock')
    with _claimed(lock, f'{path}', 'on', None) as claim:
        sweep_beside(real)
        yield claim


@contextmanager
def _claimed(
    lock: Path, title: str, where: str, wait: Callable[[], bool] | None
) -> Iterator[Claim]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    claim = _acquire(lock, title, where, wait or _patience())
    _held.add(claim.file)
    try:
        yield claim
        claim.check()
    finally:
        _held.remove(claim.file)
        claim.file.close()
        _remove_free(lock)


def _acquire(
    lock: Path, title: str, where: str, wait: Callable[[], bool]
) -> Claim:
    while True:
        # Not 'w', which would wipe out who has it.
        file = open(lock, 'a+', encoding='utf-8')  # noqa: SIM115
        claim = Claim(title, lock, file)
        try:
            free = try_lock(file.fileno())
        except OSError:  # this disk knows no locks
            free = True
        if free and claim.is_there():
            _sign(file)
            return claim
        owner = _owner(file)
        file.close()
        if not free and not wait():
            raise InputError(
                f'another process is working {where} {title}{owner}: wait for '
                'its end, or end it'
            )


def _remove_free(lock: Path) -> None:
    """Remove a lock that nobody has, not even a process started meanwhile."""
    with suppress(OSError), open(lock, 'r+', encoding='utf-8') as file:
        # Who waits for it sees that it is not there any more.
        if try_lock(file.fileno()) and Claim('', lock, file).is_there():
            lock.unlink()


def _patience() -> Callable[[], bool]:
    end = time.monotonic() + PATIENCE

    def wait() -> bool:
        time.sleep(_POLL_SECONDS)
        return time.monotonic() < end

    return wait


def _sign(file: IO[str]) -> None:
    """Leave who has the lock."""
    file.truncate(0)
    program = os.path.basename(sys.argv[0]) or 'python'
    owner = [os.getpid(), program, socket.gethostname(), time.time()]
    # On a full disk it stays without a name.
    with suppress(OSError):
        file.write(json.dumps(owner))
        file.flush()


def _owner(file: IO[str]) -> str:
    try:
        file.seek(0)
        pid, program, host, since = json.loads(file.read())
        clock = time.strftime('%Y-%m-%d %H:%M', time.localtime(since))
    except (OSError, ValueError, TypeError, OverflowError):
        return ''
    return f' ({program} on {host}, process {pid}, since {clock})'
