"""Run the command line tools in processes of their own.

The processes come from a server that has imported the libraries already, so
that each starts in an instant; in all else they are like those of a shell.
"""

import importlib.util
import multiprocessing
import os
import runpy
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(['daffnet_mm', 'mmpretrain.apis'])


def _main(tool, arguments, log, environment, folder, before):
    os.environ.update(environment)
    if folder is not None:
        os.chdir(folder)
    with open(log, 'wb') as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    if before is not None:
        before(tool)
    run_script(tool, arguments)


def run_script(tool, arguments):
    """Run a script, or a module, in this process, which is its own."""
    sys.stdout = open(1, 'w', buffering=1, closefd=False)
    sys.stderr = open(2, 'w', buffering=1, closefd=False)
    sys.argv = [str(tool), *arguments]
    if tool.suffix != '.py':
        runpy.run_module(tool.name, run_name='__main__', alter_sys=True)
        return
    # As for a script, its own folder comes first.
    sys.path.insert(0, str(tool.parent))
    runpy.run_path(str(tool), run_name='__main__')


def load_tool(name):
    """Import a tool, named by its place below ``tools``."""
    path = REPOSITORY / 'tools' / name
    spec = importlib.util.spec_from_file_location(f'tool_{path.stem}', path)
    module = importlib.util.module_from_spec(spec)
    # As for a script, its own folder comes first.
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


class ToolProcess:
    """A tool that runs.

    Args:
        tool (str | Path): The script, below ``tools`` or with its full path,
            or a module, such as ``'daffnet_mm.predict'``.
        *arguments: Its arguments.
        log (Path): The file for its output.
        folder (Path, optional): Where it runs. Defaults to here.
        before (Callable, optional): Called in its process with the script,
            before it. Defaults to nothing.
        **environment: Further environment variables.
    """

    def __init__(
        self, tool, *arguments, log, folder=None, before=None, **environment
    ):
        self._log = log
        self._process = _CONTEXT.Process(
            target=_main,
            args=(
                REPOSITORY / 'tools' / tool,
                [str(a) for a in arguments],
                log,
                environment,
                folder,
                before,
            ),
        )
        self._process.start()

    def wait(self, timeout=300):
        """Wait for the end.

        Returns:
            tuple[int, str]: The exit status (below 0: killed by that signal)
            and what was written.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            self._process.kill()
            raise TimeoutError(self.output)
        return self._process.exitcode, self.output

    def wait_for(self, text, timeout=300):
        """Wait until one that goes on for ever has written something.

        Returns:
            str: What was written so far.
        """
        until = time.monotonic() + timeout
        while text not in self.output:
            if self._process.exitcode is not None or time.monotonic() > until:
                self._process.kill()
                raise TimeoutError(self.output)
            time.sleep(0.1)
        return self.output

    def terminate(self):
        """Tell it to stop."""
        self._process.terminate()

    @property
    def output(self):
        """What was written so far."""
        log = Path(self._log)
        return log.read_text() if log.exists() else ''


def run_tool(tool, *arguments, **options):
    """Run a tool to its end; see `ToolProcess`."""
    return ToolProcess(tool, *arguments, **options).wait()
