"""Load MMEngine's checkpoints without letting a checkpoint run code.

``torch.load`` refuses pickled objects when ``weights_only`` is on. MMEngine's
checkpoints carry a few harmless ones besides tensors (the log history, NumPy
numbers), so these are allowed by name; everything else is refused, on every
path that leads to ``torch.load``.
"""

import errno
import functools
import os
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader
from mmengine.runner import checkpoint as mmengine_checkpoint

from daffnet_mm.errors import InputError

try:
    from numpy._core.multiarray import _reconstruct, scalar
except ImportError:  # NumPy 1
    from numpy.core.multiarray import (  # type: ignore[no-redef]
        _reconstruct,
        scalar,
    )

LOADERS = {
    ('',): mmengine_checkpoint.load_from_local,
    ('http://', 'https://'): mmengine_checkpoint.load_from_http,
    ('torchvision://',): mmengine_checkpoint.load_from_torchvision,
    ('open-mmlab://', 'openmmlab://'): mmengine_checkpoint.load_from_openmmlab,
}


def load_weights_only() -> None:
    """Switch this process to safe checkpoints, whoever loads them.

    The environment variable is read by ``torch.load`` itself at each call, so
    it also covers the callers that pass ``weights_only=False`` (MMEngine's
    HTTP loader, the fall-back of the onedl line) and the processes started
    from this one.
    """
    os.environ['TORCH_FORCE_WEIGHTS_ONLY_LOAD'] = '1'
    torch.serialization.add_safe_globals(_safe_globals())

    # The onedl line allows the whole of `getattr` while it loads, and says
    # that it falls back to unsafe loading, which it no longer can.
    if hasattr(mmengine_checkpoint, '_safe_torch_load'):
        mmengine_checkpoint._safe_torch_load = _torch_load

    for prefixes, loader in LOADERS.items():
        CheckpointLoader.register_scheme(
            prefixes, loader=_in_one_sentence(loader), force=True
        )


def _torch_load(
    file: Any, map_location: Any = None, weights_only: bool = True
) -> Any:
    return torch.load(file, map_location=map_location, weights_only=True)


def _safe_globals() -> list:
    """What an MMEngine checkpoint holds besides tensors and plain values.

    The log history (`HistoryBuffer`) consists of NumPy arrays; a best score
    is often a NumPy number. NumPy 1 and 2 pickle their functions under
    different names, and a checkpoint may come from either.
    """
    numpy_types = '?' + np.typecodes['AllInteger'] + np.typecodes['Float']
    allowed = [HistoryBuffer, np.ndarray, np.dtype]
    allowed += list({type(np.dtype(code)) for code in numpy_types})
    for module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
        allowed.append((_reconstruct, f'{module}._reconstruct'))
        allowed.append((scalar, f'{module}.scalar'))
    allowed.append((_history_statistic, 'builtins.getattr'))
    return allowed


def _history_statistic(owner: Any, name: str) -> Any:
    """What remains of ``getattr`` in a checkpoint.

    A `HistoryBuffer` is pickled with its four statistics, each as
    ``getattr(HistoryBuffer, name)``. Any other attribute would be a foothold
    for foreign code.
    """
    if owner is not HistoryBuffer or name not in (
        'min',
        'max',
        'current',
        'mean',
    ):
        raise pickle.UnpicklingError(
            f'GLOBAL getattr was called for {name!r} of {owner!r}'
        )
    return getattr(owner, name)


def _in_one_sentence(loader: Callable) -> Callable:
    """Wrap a loader of MMEngine: its refusals name the file and the reason."""

    @functools.wraps(loader)
    def load(filename: str, map_location: Any = None) -> Any:
        try:
            return loader(filename, map_location=map_location)
        except pickle.UnpicklingError as error:
            raise InputError(_refusal(filename, str(error))) from error
        except Exception as error:
            if not _is_about_content(error):
                raise
            raise InputError(
                f'{filename} is not a checkpoint, or not a whole one: '
                'download or copy it again.'
            ) from error

    return load


def _is_about_content(error: Exception) -> bool:
    """Is the file at fault, rather than the disk, the memory or a device?

    The unpickler answers bytes that are no pickle with any kind of error.
    """
    if isinstance(error, OSError):  # torch's answer to half an archive
        return error.errno == errno.EINVAL
    if isinstance(error, RuntimeError):
        signs = ('PytorchStreamReader', 'TorchScript')
        return any(sign in str(error) for sign in signs)
    return not isinstance(error, (ImportError, MemoryError))


def _refusal(filename: str, reason: str) -> str:
    found = re.search(r'GLOBAL ([\w.]+)|got (<class [^>]+>)', reason)
    if found is None:
        return (
            f'{filename} is refused: it is not a PyTorch checkpoint of '
            'tensors, numbers and text.'
        )
    return (
        f'{filename} is refused: it contains {found[1] or found[2]}, and a '
        'checkpoint may hold only tensors, numbers and text, because anything '
        'else can run code on this machine; save it again as a plain '
        'state_dict where you trust it.'
    )
