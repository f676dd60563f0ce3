"""Start tools in an instant, and watch what they start and leave.

Imported by the other scripts. A tool runs in a process forked from this one,
which has imported everything, as the leader of a session of its own; its
workers come from one server, which has imported everything, too.
"""

import atexit
import multiprocessing
import multiprocessing.util
import os
import runpy
import signal
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path

import daffnet_mm  # noqa: F401
from daffnet_lite.utils import stopping
from daffnet_lite.utils.worker_pool import worker_pool

TOOLS = Path(__file__).resolve().parents[1] / 'tools'


def start_server() -> int:
    """Start the server of workers; gives its process."""
    with worker_pool(1) as pool:  # which waits until it is there
        pool.submit(os.getpid).result()
    return forkserver._forkserver._forkserver_pid


class ToolRun:
    """A tool that runs.

    Args:
        words (list): The tool's name below ``tools``, or a module's, and its
            arguments.
        log (Path): The file for what it writes.
    """

    def __init__(self, words: list, log: Path) -> None:
        self.log = log
        self.status: int | None = None
        sys.stdout.flush()
        ready, begun = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            self._be(list(map(str, words)), begun)
        # A signal before would meet what this process does about it, and the
        # log would be that of an earlier run.
        os.close(begun)
        os.read(ready, 1)
        os.close(ready)

    def _be(self, words: list[str], begun: int) -> None:
        """Be the tool, to the end of this process."""
        os.setsid()
        # What the parent would do at its end is not for this process.
        atexit._clear()
        # The server is this process's parent's child, not its own.
        forkserver._forkserver.ensure_running = lambda: None
        for number in stopping.SIGNALS:  # as the package does while it starts
            signal.signal(number, stopping.stop_early)
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.write(begun, b'.')
        os.close(begun)
        sys.stdout = open(1, 'w', buffering=1, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, 'w', buffering=1, closefd=False)  # noqa: SIM115
        name, *sys.argv[1:] = words
        sys.argv[0] = name
        status = 1
        try:
            if name.endswith('.py'):
                path = TOOLS / name
                sys.path.insert(0, str(path.parent))
                runpy.run_path(str(path), run_name='__main__')
            else:
                runpy.run_module(name, run_name='__main__', alter_sys=True)
            status = 0
        except SystemExit as end:
            status = (
                end.code
                if isinstance(end.code, int)
                else int(end.code is not None)
            )
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            with suppress(BaseException):
                # What an interpreter does at its end.
                threading._shutdown()
                atexit._run_exitfuncs()
                multiprocessing.util._exit_function()
                sys.stdout.flush()
            os._exit(status)

    def wait(self, seconds: float) -> int | None:
        """Wait for the end.

        Args:
            seconds (float): The longest time.

        Returns:
            int, optional: The exit status, below 0 for a signal; None if it
            goes on.
        """
        end = time.monotonic() + seconds
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= end:
                break
            else:
                time.sleep(0.005)
        return self.status

    def signal(self, number: int, group: bool = False) -> None:
        """Send a signal to its main process, or to its process group."""
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, number)

    def kill(self) -> None:
        """End it and all that it started."""
        self.signal(signal.SIGKILL, group=True)
        self.wait(60)

    @property
    def output(self) -> str:
        """What it wrote."""
        return self.log.read_text(errors='replace')


def living(session: int, server: int) -> list[int]:
    """List the living processes of a tool and its workers.

    Args:
        session (int): The tool's process.
        server (int): The server of workers.

    Returns:
        list[int]: Their numbers.
    """
    found = []
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        with suppress(OSError), open(f'/proc/{name}/stat') as file:
            state, parent, _, leader, *_ = (
                file.read().rpartition(')')[2].split()
            )
            if state != 'Z' and (
                int(leader) == session or int(parent) == server
            ):
                found.append(int(name))
    return found


def leftovers(folder: Path) -> list[str]:
    """List what a finished run has no use for."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob('*')
        if path.name.endswith(('.tmp', '.lock', '.partial', '-journal'))
    ]
