"""Run the command line tools in processes of their own.

The processes come from a server that has imported the libraries already, so
that each starts in an instant; in all else they are like those of a shell.
"""

import importlib.util
import multiprocessing
import os
import runpy
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(['daffnet_mm', 'mmpretrain.apis'])


def _main(tool, arguments, log, environment):
    os.environ.update(environment)
    with open(log, 'wb') as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout = open(1, 'w', buffering=1, closefd=False)
    sys.stderr = open(2, 'w', buffering=1, closefd=False)
    sys.argv = [str(tool), *arguments]
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
        tool (str | Path): The script, below ``tools`` or with its full path.
        *arguments: Its arguments.
        log (Path): The file for its output.
        **environment: Further environment variables.
    """

    def __init__(self, tool, *arguments, log, **environment):
        self._log = log
        self._process = _CONTEXT.Process(
            target=_main,
            args=(
                REPOSITORY / 'tools' / tool,
                [str(a) for a in arguments],
                log,
                environment,
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

    @property
    def output(self):
        """What was written so far."""
        return Path(self._log).read_text()


def run_tool(tool, *arguments, log, **environment):
    """Run a tool to its end; see `ToolProcess`."""
    return ToolProcess(tool, *arguments, log=log, **environment).wait()
