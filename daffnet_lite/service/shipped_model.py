"""The model that comes with the package, exported once for this user."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.shipped_files import SHIPPED_WEIGHTS, shipped_file
from daffnet_lite.utils.stopping import wait_for
from daffnet_lite.version import __version__


def shipped_export() -> str:
    """Find the shipped model's exported file, or let it be made.

    It is made by ``daffnet export`` in a process of its own, so that this one
    never holds PyTorch, and kept in the user's cache.

    Returns:
        str: Its path.

    Raises:
        InputError: If there is none, and PyTorch is not installed.
    """
    weights = shipped_file(SHIPPED_WEIGHTS)
    stem = Path(weights).stem
    digest = file_sha256(weights)[:16]
    path = _cache() / f'{stem}-{digest}-{__version__}.onnx'
    if path.is_file():
        return str(path)
    if not _has('torch'):
        raise InputError(
            'no exported model is named, and there is no PyTorch here to '
            'export the one that comes with the package: run `daffnet export '
            '--out model.onnx` where there is, and name the file by --onnx'
        )
    print(
        f'the model that comes with the package is exported once, to {path}',
        file=sys.stderr,
        flush=True,
    )
    # As everywhere else it is there whole, or not at all.
    command = [sys.executable, '-m', 'daffnet_lite', 'export', '--out']
    if wait_for(subprocess.Popen([*command, str(path)], stdout=sys.stderr)):
        raise InputError(
            'the model that comes with the package was not exported, for the '
            'reason above: name an exported one by --onnx'
        )
    return str(path)


def _cache() -> Path:
    base = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    return Path(base).expanduser() / 'daffnet'


def _has(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:
        return False
