"""Ctrl-C and SIGTERM: a program clears up, and says in one line how to go on.

A program that is told to stop raises `KeyboardInterrupt` wherever it is, also
for SIGTERM, which batch systems and containers send. The exit status is the
shell's for the signal: 130 or 143.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: Seconds in which a second signal is taken for the first, which a terminal
#: sends to all of a group, as their parent may do once more.
_ONE_SIGNAL = 1.0


class Terminated(KeyboardInterrupt):
    """SIGTERM was received."""


@contextmanager
def stopping(how_to_go_on: str) -> Iterator[None]:
    """End the program with one line when it is told to stop.

    A second signal, later, ends it at once.

    Args:
        how_to_go_on (str): The line, to go on after "stopped: ".

    Raises:
        SystemExit: With status 130 or 143.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopped: list[tuple[int, float]] = []

    def stop(number: int, _) -> None:
        now = time.monotonic()
        if not stopped:
            stopped.append((number, now))
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        if now - stopped[0][1] > _ONE_SIGNAL:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        try:
            yield
        except BaseException as error:
            # A worker may have heard of it first, and have been missed.
            if not stopped and not isinstance(error, KeyboardInterrupt):
                raise
            number = stopped[0][0] if stopped else signal.SIGINT
            say_stopped(how_to_go_on)
            # Objects that were being made do not know how to go.
            sys.unraisablehook = lambda _: None
            raise SystemExit(128 + number) from None
    finally:
        for number, handler in before.items():
            if handler is stop_early:  # it is late now
                handler = signal.SIG_DFL
            signal.signal(number, handler)


@contextmanager
def not_now() -> Iterator[None]:
    """Finish what must not be left half done, then hear of signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = {}
    try:
        for number in SIGNALS:
            before[number] = signal.getsignal(number)
            signal.signal(number, lambda number, _: heard.append(number))
        yield
    finally:
        for number, handler in before.items():
            # None was set by something else than Python.
            signal.signal(number, handler or signal.SIG_DFL)
        if heard:
            os.kill(os.getpid(), heard[0])


def say_stopped(how_to_go_on: str) -> None:
    """Print the line."""
    # After what a progress bar has left on the terminal's line.
    start = '\n' if sys.stderr.isatty() else ''
    print(f'{start}stopped: {how_to_go_on}', file=sys.stderr, flush=True)


def stop_quietly_at_start() -> None:
    """Let a tool of this package end in one line while it still imports.

    From then on until :func:`stopping`. A user's own program is left alone.
    """
    if _is_tool() and threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, stop_early)


def stop_early(number: int, _) -> NoReturn:
    """Handle a signal before there is anything to clear up."""
    os.write(2, b'stopped: nothing was begun\n')
    os._exit(128 + number)


def wait_for(process: subprocess.Popen) -> int:
    """Wait for a process, and end it if this one is told to stop.

    Args:
        process (Popen): The process, which clears up after SIGTERM.

    Returns:
        int: Its exit status.
    """
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise


def _is_tool() -> bool:
    """Tell whether the program that runs is one of the two packages'."""
    program = getattr(sys.modules['__main__'], '__file__', None)
    root = Path(__file__).resolve().parents[2]
    if program is None:  # of a module that was not come to yet
        packages = ('daffnet_lite', 'daffnet_mm')
        return any(w.partition('.')[0] in packages for w in sys.orig_argv)
    tools = {(root / 'daffnet_mm/.mim/tools').resolve(), root / 'tools'}
    path = Path(program)
    # Of the latter the script, which pip writes.
    return path.name == 'daffnet' or not tools.isdisjoint(
        path.resolve().parents
    )
