"""Worker processes that do not outlive the process they work for."""

import multiprocessing
import os
import signal
import sys
import threading


def end_with_parent(worker: int | None = None) -> None:
    """Tie this process to the one that started it; the first thing it does.

    It ends at once when that one has ended, also killed. Ctrl-C, which a
    terminal sends to both, is left to that one, and what it has set up for
    signals is not this one's.

    Args:
        worker (int, optional): Not used; data loaders give their number.
            Defaults to None.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def watch() -> None:
        # The other end of a pipe, which the system closes with the process.
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    sys.excepthook = _hide_hanging_up


def _hide_hanging_up(kind, error, trace) -> None:
    # What was on its way to a process that stops or ends.
    if not issubclass(kind, (ConnectionError, EOFError)):
        sys.__excepthook__(kind, error, trace)
