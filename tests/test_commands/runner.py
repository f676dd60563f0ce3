"""Run the documented commands in a small world, and what they need before."""

import json
import re
import shutil
import socket
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.request import urlopen

from documented import REPOSITORY, fragments, overrides
from how_to_run import (
    OWN_IMAGES,
    SERVING,
    Use,
    fill_environment,
    fill_words,
    less,
    outputs,
    uses,
)
from mmengine import Config
from reduced import reduce_tools
from tool_process import ToolProcess
from world import fetch

from daffnet_mm.utils.dataset_configs import walk
from daffnet_mm.utils.requirements import pretrained

#: Seconds that a command may take.
TIMEOUT = 900
#: Lines of a failure.
_SHOWN = 30
#: What commands read that others make.
_MADE = re.compile(
    r'(?:work_dirs|out|data/pseudo_labels|pbc146)(?:/|$)|model\.onnx$'
)


@cache
def work_folders():
    """The configs of the project, by the folder that each trains in."""
    found = {}
    for path in sorted((REPOSITORY / 'configs').rglob('*.py')):
        if '_base_' in path.parts:
            continue
        place = path.relative_to(REPOSITORY).as_posix()
        cfg = Config.fromfile(path)
        folder = cfg.get('work_dir') or f'work_dirs/{path.stem}'
        found.setdefault(folder, []).append(place)
    return found


class Runner:
    """Runs commands, each once.

    Args:
        world (Path): Where.
    """

    def __init__(self, world):
        self.world = world
        self._done = {}

    def run(self, use, extra=()):
        """Run a command, after what makes what it reads.

        Args:
            use (Use): How.
            extra (Sequence[str]): Further arguments.

        Returns:
            str: What it wrote.
        """
        words = [*less(use, fill_words(use)), *extra]
        environment = fill_environment(use)
        key = (use.tool, *use.arguments, *extra, *use.command.environment)
        if key not in self._done:
            # whatever comes of it, not twice
            self._done[key] = None
            for place in self._reads(use, words, environment):
                self.make(place, use)
            with self._aside(outputs(use)):
                self._done[key] = self._start(use, words, environment)
        ended = self._done[key]
        assert ended is not None, f'{use.command} failed before'
        status, output = ended
        end = '\n'.join(output.splitlines()[-_SHOWN:])
        assert status == 0, f'{use.command}\n{end}'
        assert 'Traceback' not in output, f'{use.command}\n{end}'
        return output

    def make(self, place, use):
        """Run the documented commands that make a file or folder."""
        if (self.world / place).exists():
            return
        maker, extra = self._maker(place, use)
        self.run(maker, extra)
        assert (self.world / place).exists(), (
            f'{use.command} reads {place}, which {maker.command} does not make'
        )

    @contextmanager
    def _aside(self, written):
        """Take data away that a command writes, and put it back."""
        moved = {}
        for place in written:
            path = self.world / place
            if place.startswith('data/') and path.exists():
                moved[path] = path.with_name(f'{path.name}.before')
                path.rename(moved[path])
        yield
        for path, before in moved.items():
            if path.is_dir():
                shutil.rmtree(path)
            before.replace(path)

    def _reads(self, use, words, environment):
        """What a command reads that may have to be made."""
        written = outputs(use)
        for word in [*words, *environment.values()]:
            value = word.rpartition('=')[2]
            if value in OWN_IMAGES and not (self.world / value).exists():
                fetch(self.world, value)
            if _MADE.match(value) and not any(
                value == out or value.startswith(f'{out}/') for out in written
            ):
                yield value
        if use.tool == 'tools/train.py':
            yield from self._required(words[0], words)

    def _required(self, config, words):
        """The weights and label files that a training reads."""
        cfg = Config.fromfile(self.world / config)
        cfg.merge_from_dict(overrides(words))
        for _, checkpoint in pretrained(cfg.model, 'model'):
            if '://' not in checkpoint:
                yield checkpoint
        for dataset in walk(cfg.train_dataloader.dataset):
            if 'label_file' in dataset:
                yield dataset['label_file']

    def _maker(self, place, wanted):
        """Find the documented command that makes a file or folder."""
        if place.startswith('data/pseudo_labels/'):
            config = wanted.arguments[0]
            for use in _runnable():
                if (
                    use.name == 'pseudo_label.py'
                    and use.arguments[0] == config
                ):
                    return use, ()
            # as the project's own advice has it
            raise AssertionError(
                f'no documented command labels for {config}, which '
                f'{wanted.command} trains'
            )
        for use in _runnable():
            if use is not wanted and any(
                place == out or place.startswith(f'{out}/')
                for out in outputs(use)
            ):
                return use, ()
        folder = '/'.join(Path(place).parts[:2])
        configs = work_folders().get(folder)
        assert configs, (
            f'{wanted.command} reads {place}, but no config trains in '
            f'{folder}, and no documented command writes it'
        )
        # a docstring may say what the training that it reads of needs
        extra = [
            word
            for fragment in fragments()
            if fragment.document == wanted.command.document
            and fragment.document.endswith('.py')
            and fragment.text.startswith('--cfg-options ')
            for word in fragment.text.split()
        ]
        command = wanted.command
        return Use(command, 'tools/train.py', (configs[0],)), extra

    def _start(self, use, words, environment):
        number = len(self._done)
        tool = use.tool
        if tool.startswith('daffnet '):
            tool, name = 'daffnet_lite', tool.removeprefix('daffnet ')
            words = [name, *words]
        if tool.endswith('.py') and (self.world / tool).exists():
            tool = self.world / tool
        if use.tool in SERVING:
            # beside other services; and what it keeps is kept here
            words = [*words, '--port', '0']
            environment['XDG_CACHE_HOME'] = str(self.world / 'cache')
        port = _free_port()
        processes = [
            ToolProcess(
                tool,
                *words,
                log=self.world / f'log{number}_{rank}',
                folder=self.world,
                before=reduce_tools,
                **environment,
                **(
                    dict(
                        RANK=str(rank),
                        LOCAL_RANK=str(rank),
                        WORLD_SIZE=str(use.processes),
                        MASTER_ADDR='127.0.0.1',
                        MASTER_PORT=port,
                    )
                    if use.processes > 1
                    else {}
                ),
            )
            for rank in range(use.processes)
        ]
        if use.tool in SERVING:
            _ask_and_stop(*processes)
        ended = [process.wait(TIMEOUT) for process in processes]
        self._remove_checkpoints()
        return max(status for status, _ in ended), '\n'.join(
            output for _, output in ended
        )

    def _remove_checkpoints(self):
        """Keep the best of each training only: they are large."""
        for path in self.world.rglob('epoch_*.pth'):
            path.unlink()
        for path in self.world.rglob('last_checkpoint'):
            path.unlink()


def _runnable():
    return [use for use in uses() if use.tool and use.reason is None]


def _ask_and_stop(service):
    """Ask what goes on for ever how it is, and tell it to stop."""
    said = service.wait_for('serving at http://', TIMEOUT)
    (address,) = re.findall(r'serving at (\S+)', said)
    with urlopen(f'{address}health') as answer:
        assert json.load(answer)['status'] == 'ok'
    service.terminate()


def _free_port():
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return str(server.getsockname()[1])
