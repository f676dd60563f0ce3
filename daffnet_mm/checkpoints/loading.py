"""Load checkpoints without letting one run code, whoever loads them.

``torch.load`` refuses pickled code where ``weights_only`` is on. It is on in
whatever MMEngine and MMPretrain load, as far as they leave it to PyTorch; here
it is switched on where they do not: in MMEngine's downloads, and in the onedl
line, which without it tries again. What a program of the user's passes to
``torch.load`` is left to the user.
"""

import errno
import os
import os.path as osp
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO
from urllib.parse import urlparse

import numpy as np
import torch
from mmengine.runner import CheckpointLoader
from mmengine.runner import checkpoint as mmengine_checkpoint

from daffnet_lite.errors import InputError

from .checksums import DamagedError
from .contents import check_contents
from .stand_ins import STAND_INS, PlainArray, Refusal
from .state_dict import find_state_dict


def protect_loading() -> None:
    """Put safe loaders in the place of MMEngine's, and allow its classes."""
    torch.serialization.add_safe_globals(
        [(stand_in, name) for name, stand_in in STAND_INS.items()]
    )
    CheckpointLoader.register_scheme('', load_from_local, force=True)
    # What MMEngine's other loaders call.
    mmengine_checkpoint.load_url = _load_url
    if hasattr(mmengine_checkpoint, '_safe_torch_load'):  # the onedl line
        mmengine_checkpoint._safe_torch_load = _torch_load


def load_from_local(filename: str, map_location: Any = None) -> dict:
    """Load a checkpoint file: MMEngine's loader of this name, made safe.

    Args:
        filename (str): The file.
        map_location: As for ``torch.load``. Defaults to None.

    Returns:
        dict: What the file holds.

    Raises:
        FileNotFoundError: If there is no such file.
        InputError: If it is no checkpoint, is damaged, or asks for anything
            but tensors, numbers and text.
    """
    if filename.endswith('.safetensors'):  # a format that cannot hold code
        path = _find(filename)
        return torch.load(path, map_location=map_location, weights_only=True)
    with _opened(filename) as file:
        return _read(file, filename, map_location)


def check_file(filename: str) -> None:
    """Find out whether a checkpoint is whole, without loading it.

    Args:
        filename (str): The file.

    Raises:
        FileNotFoundError: If there is no such file.
        InputError: If it is no checkpoint, is damaged, or asks for anything
            but tensors, numbers and text.
    """
    with _opened(filename) as file, _one_sentence(filename):
        check_contents(file)


def _find(filename: str) -> str:
    path = osp.expanduser(filename)
    if not osp.exists(path):
        raise FileNotFoundError(f'the checkpoint {filename} does not exist')
    if osp.isdir(path):
        raise InputError(
            f'{filename} is a folder: name a checkpoint in it, such as '
            'best.pth'
        )
    if not osp.isfile(path):
        raise InputError(f'{filename} is no regular file: name a checkpoint')
    return path


@contextmanager
def _opened(filename: str) -> Iterator[BinaryIO]:
    path = _find(filename)
    try:
        file = open(path, 'rb')  # noqa: SIM115
    except PermissionError as error:
        raise InputError(
            f'{filename} cannot be read ({error.strerror}): change its '
            'permissions, or name another checkpoint'
        ) from error
    with file:
        yield file


@contextmanager
def _one_sentence(name: str) -> Iterator[None]:
    """Say what is wrong with a file that is read in this block."""
    try:
        yield
    except Refusal as error:
        raise InputError(
            f'{name} is refused because it {error}; a checkpoint may hold '
            'only tensors, numbers and text, as anything else can run code '
            'or exhaust this machine: where it was made, save it again as a '
            'plain state_dict'
        ) from error
    except DamagedError as error:
        raise InputError(
            f'{name} is damaged ({error}): download or copy it again, or '
            'name another checkpoint'
        ) from error
    # A pickle of random bytes can fail in every way that there is.
    except Exception as error:
        if _is_about_machine(error):
            raise
        raise InputError(
            f'{name} is not a checkpoint, or not a whole one: download or '
            'copy it again'
        ) from error


def _read(file: BinaryIO, name: str, map_location: Any) -> dict:
    """Check and load an open file."""
    with _one_sentence(name):
        check_contents(file)
        file.seek(0)
        loaded = torch.load(file, map_location=map_location, weights_only=True)
    loaded = _plain(loaded)
    # MMEngine, which writes its configs as `cfg`, runs this text as code when
    # it resumes; nobody else reads it.
    if isinstance(loaded, dict) and isinstance(loaded.get('meta'), dict):
        loaded['meta'].pop('config', None)
    # Otherwise it is for the caller to say what it lacks.
    if (
        not isinstance(loaded, dict)
        or 'state_dict' in loaded
        or any(type(key) is not str for key in loaded)
    ):
        find_state_dict(loaded, name)
    return loaded


def _is_about_machine(error: Exception) -> bool:
    """Is the disk, the memory or a device at fault, rather than the file?"""
    if isinstance(error, OSError):  # a damaged archive points nowhere
        return error.errno != errno.EINVAL
    signs = ('map_location', 'allocate memory', 'out of memory')
    return isinstance(error, MemoryError) or any(
        sign in str(error) for sign in signs
    )


def _plain(value: Any) -> Any:
    """Give NumPy's arrays their own class again."""
    if isinstance(value, PlainArray):
        return value.view(np.ndarray)
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    if isinstance(value, dict):
        for key, part in value.items():
            value[key] = _plain(part)
    return value


def _torch_load(
    file: Any, map_location: Any = None, weights_only: bool = True
) -> dict:
    if isinstance(file, str | os.PathLike):
        return load_from_local(os.fspath(file), map_location)
    return _read(file, 'the checkpoint', map_location)


def _load_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
) -> dict:
    """Download a checkpoint to where PyTorch keeps them, and load it."""
    folder = model_dir or osp.join(torch.hub.get_dir(), 'checkpoints')
    path = osp.join(folder, osp.basename(urlparse(url).path))
    if not osp.exists(path):
        os.makedirs(folder, exist_ok=True)
        torch.hub.download_url_to_file(url, path, progress=progress)
    return load_from_local(path, map_location)
