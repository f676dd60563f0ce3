"""What the command line tools share: MMPretrain's scripts and plain errors."""

import argparse
import os
import runpy
import sys
from contextlib import contextmanager
from pathlib import Path

import mmpretrain
import torch
from mmengine.device import get_device

from daffnet_mm.errors import InputError


@contextmanager
def one_sentence_errors():
    """End the program with one sentence where the user's input is at fault.

    `InputError` and `FileNotFoundError` are printed to stderr without their
    traceback, and the exit status is 2. Everything else is an error of the
    program and keeps its traceback, as all do with ``DAFFNET_TRACEBACK=1``.
    """
    try:
        yield
    except (InputError, FileNotFoundError) as error:
        if os.environ.get('DAFFNET_TRACEBACK') == '1':
            raise
        print(f'error: {_sentence(error)}', file=sys.stderr)
        raise SystemExit(2) from None


def run_mmpretrain_tool(name: str) -> None:
    """Run one of MMPretrain's own scripts with this process's arguments.

    Args:
        name (str): The script's file name, such as ``'train.py'``.

    Raises:
        SystemExit: With status 2 where the user's input is at fault.
    """
    package = Path(mmpretrain.__file__).resolve().parent
    # An installed MMPretrain carries its tools along; a source tree that is
    # only on the path has them beside the package.
    places = (package / '.mim' / 'tools', package.parent / 'tools')
    with one_sentence_errors():
        for place in places:
            if (place / name).is_file():
                _prepare_for_cpu()
                runpy.run_path(str(place / name), run_name='__main__')
                return
        raise FileNotFoundError(
            f'MMPretrain in {package} has no tools/{name}: reinstall it, for '
            'instance with `pip install --force-reinstall --no-deps '
            'mmpretrain`.'
        )


def _prepare_for_cpu() -> None:
    """Do what MMEngine leaves out where there is no accelerator.

    Its launcher begins with ``torch.cuda.set_device``, but leaves alone
    processes that are connected already.

    Raises:
        InputError: If mixed precision is asked for.
    """
    if get_device() != 'cpu':
        return
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('--amp', action='store_true')
    parser.add_argument('--launcher', nargs='?')
    options = parser.parse_known_args()[0]
    if options.amp:
        raise InputError(
            '--amp needs a GPU or another accelerator, and none '
            'was found: train without it'
        )
    if options.launcher == 'pytorch':
        torch.distributed.init_process_group('gloo')


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f'{error.filename} does not exist.'
    text = str(error)
    # A data loader's worker hands over its whole traceback as the message.
    if 'Original Traceback' in text:
        text = text.rpartition(f'{type(error).__name__}: ')[2]
    return ' '.join(text.split())
