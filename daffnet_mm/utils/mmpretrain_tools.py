"""MMPretrain's own scripts, with checks before and plain errors."""

import argparse
import logging
import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

import mmpretrain
import torch
from mmengine import DictAction
from mmengine.device import get_device

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.check_outputs import check_out_dir, check_out_file
from daffnet_lite.utils.command_line import one_sentence_errors

from .config_files import load_config
from .dataset_configs import broken_left_out
from .requirements import check_requirements, without_downloads


def run_mmpretrain_tool(name: str) -> int:
    """Run one of MMPretrain's own scripts with this process's arguments.

    Args:
        name (str): The script's file name, such as ``'train.py'``.

    Returns:
        int: 1 if a test had to leave out a broken image, else 0.

    Raises:
        SystemExit: With status 2 where the user's input is at fault.
    """
    package = Path(mmpretrain.__file__).resolve().parent
    # An installed MMPretrain carries its tools along; a source tree that is
    # only on the path has them beside the package.
    places = (package / '.mim' / 'tools', package.parent / 'tools')
    with one_sentence_errors() as status:
        scripts = [
            place / name for place in places if (place / name).is_file()
        ]
        if not scripts:
            raise FileNotFoundError(
                f'MMPretrain in {package} has no tools/{name}: reinstall it, '
                'for instance with `pip install --force-reinstall --no-deps '
                'mmpretrain`.'
            )
        _check_options()
        if name == 'train.py':
            _check_training()
        else:
            _have_broken_left_out()
        # A log that a full disk has no room for is not worth a traceback a
        # line.
        logging.raiseExceptions = False
        runpy.run_path(str(scripts[0]), run_name='__main__')
    # Of several processes the first ends last, and speaks for all: a launcher
    # kills the others when one has failed.
    if name == 'train.py' or os.environ.get('RANK', '0') != '0':
        return 0
    return status.code


def _check_options() -> None:
    """Look at what MMPretrain's scripts leave unchecked until it fails.

    Where there is no accelerator, it also connects several processes:
    MMEngine's launcher begins with ``torch.cuda.set_device``, but leaves
    alone those that are connected already.

    Raises:
        InputError: If mixed precision is asked for without an accelerator, or
            an output cannot be written.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('--amp', action='store_true')
    parser.add_argument('--launcher', nargs='?')
    for name in ('--work-dir', '--show-dir', '--out'):
        parser.add_argument(name, nargs='?')
    options = parser.parse_known_args()[0]
    check_out_dir(options.work_dir)
    check_out_dir(options.show_dir)
    check_out_file(options.out)
    if get_device() != 'cpu':
        return
    if options.amp:
        raise InputError(
            '--amp needs a GPU or another accelerator, and none '
            'was found: train without it'
        )
    if options.launcher == 'pytorch':
        torch.distributed.init_process_group('gloo')


def _check_training() -> None:
    """Say what a training lacks before anything is built.

    The option ``--from-scratch``, which MMPretrain's script has not, becomes
    settings of the config.

    Raises:
        InputError: If weights, data or pseudo labels are missing.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('config', nargs='?')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    parser.add_argument('--from-scratch', action='store_true')
    # what has a value, which is no config
    for name in ('--work-dir', '--launcher', '--local-rank', '--local_rank'):
        parser.add_argument(name)
    parser.add_argument('--resume', nargs='?')
    options, _ = parser.parse_known_args()
    if {'-h', '--help'} & set(sys.argv) or options.config is None:
        return
    cfg = load_config(options.config, options.cfg_options)
    if options.from_scratch:
        settings = without_downloads(cfg)
        cfg.merge_from_dict(settings)
        sys.argv = [word for word in sys.argv if word != '--from-scratch']
        _add_cfg_options(settings)
    check_requirements(cfg)


def _have_broken_left_out() -> None:
    """Let a test go on after an image that cannot be read."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('config', nargs='?')
    parser.add_argument('checkpoint', nargs='?')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    # what has a value, which is no config
    for name in ('--work-dir', '--out', '--out-item', '--show-dir'):
        parser.add_argument(name)
    for name in ('--interval', '--wait-time', '--launcher'):
        parser.add_argument(name)
    for name in ('--local-rank', '--local_rank'):
        parser.add_argument(name)
    options, _ = parser.parse_known_args()
    if {'-h', '--help'} & set(sys.argv) or options.config is None:
        return
    cfg = load_config(options.config, options.cfg_options)
    dataset = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    _add_cfg_options(broken_left_out(dataset, 'test_dataloader.dataset'))


def _add_cfg_options(settings: Mapping) -> None:
    """Add settings to the command line."""
    if not settings:
        return
    words = [f'{key}={value}' for key, value in settings.items()]
    if '--cfg-options' not in sys.argv:
        sys.argv.append('--cfg-options')
    place = sys.argv.index('--cfg-options') + 1
    sys.argv[place:place] = words
