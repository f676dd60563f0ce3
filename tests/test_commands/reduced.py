"""Let the tools of a process do little: small images, an epoch, few cells."""

import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import torch
from mmengine import Config
from tool_process import run_script

from daffnet_lite.errors import InputError
from daffnet_mm.reproduction.config_edits import set_epochs, set_image_size
from daffnet_mm.utils.dataset_configs import innermost
from daffnet_mm.utils.requirements import without_downloads

IMAGE_SIZE = 64
BATCH_SIZE = 8
SYNTHETIC_CELLS = 12
#: Tools that only start others: these read the config that was written for
#: them at its full size.
_STARTERS = {'run_experiments.py', 'train_map.py', 'demo.py'}


def reduce_tools(tool):
    """Reduce all trainings and tests of this process and those it starts."""
    torch.set_num_threads(1)
    if Path(tool).name in _STARTERS:
        subprocess.Popen = _Popen
    else:
        read = Config.fromfile
        Config.fromfile = staticmethod(
            lambda *args, **kwargs: reduce_config(read(*args, **kwargs))
        )


def reduce_config(cfg):
    """Make a config quick; gives it."""
    loaders = [
        cfg[f'{part}_dataloader']
        for part in ('train', 'val', 'test')
        if cfg.get(f'{part}_dataloader')
    ]
    for loader in loaders:
        loader['num_workers'] = 0
        loader['persistent_workers'] = False
        loader['batch_size'] = BATCH_SIZE
        for dataset in innermost(loader['dataset']):
            if 'num_samples' in dataset or dataset['type'] == 'SyntheticWBC':
                dataset['num_samples'] = SYNTHETIC_CELLS
    if len(loaders) == 3 and 'model' in cfg:
        _make_small(cfg, loaders)
        set_epochs(cfg, 1)
        cfg.merge_from_dict(without_downloads(cfg))
        # gigabytes, of the large ones
        cfg.default_hooks.checkpoint['save_optimizer'] = False
    return cfg


def _make_small(cfg, loaders):
    try:
        set_image_size(cfg, IMAGE_SIZE)
    except InputError:  # resized, not cropped
        for loader in loaders:
            for dataset in innermost(loader['dataset']):
                for step in dataset['pipeline']:
                    if step['type'] == 'Resize':
                        step['scale'] = (IMAGE_SIZE, IMAGE_SIZE)


class _Popen(subprocess.Popen):
    """What starts programs, and forks where the program is Python."""

    def __new__(cls, command, *args, **kwargs):
        """Make what `subprocess` makes, or what stands for it."""
        if isinstance(command, list) and command[0] == sys.executable:
            return _Started(command, *args, **kwargs)
        return super().__new__(cls)


class _Started:
    """A tool that another has started.

    It may come from a thread, after which `multiprocessing` cannot end a
    process in order.
    """

    def __init__(self, command, *, env=None, cwd=None, stdout=None, **_):
        self.args = [*map(str, command[1:])]
        self.returncode = None
        self.pid = os.fork()
        if not self.pid:
            _run(self.args, env or {}, cwd, stdout)

    def wait(self, timeout=None):
        if self.returncode is None:
            self._keep(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._keep(status)
        return self.returncode

    def _keep(self, status):
        self.returncode = os.waitstatus_to_exitcode(status)

    def communicate(self, *args, **kwargs):
        self.wait()
        return None, None

    def terminate(self):
        os.kill(self.pid, signal.SIGTERM)

    kill = terminate

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.wait()


def _run(words, environment, folder, output):
    """Be another process, to its end."""
    status = 1
    try:
        os.environ.update(environment)
        if folder is not None:
            os.chdir(folder)
        if hasattr(output, 'fileno'):
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        tool, *arguments = words
        reduce_tools(tool)
        run_script(Path(tool), arguments)
        status = 0
    except SystemExit as end:
        status = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
