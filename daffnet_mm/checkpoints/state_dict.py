from typing import Any, NoReturn

from torch import Tensor

from daffnet_lite.errors import InputError


def find_state_dict(
    checkpoint: Any, source: str, prefix: str | None = None
) -> dict[str, Tensor]:
    """Take the weights out of what a checkpoint file holds.

    Args:
        checkpoint (Any): What was loaded: a state dict, or a dict that has
            one as ``state_dict``. Names may start with ``module.``, as those
            from several processes do.
        source (str): The checkpoint's name, for the message.
        prefix (str, optional): The part of a larger model that is wanted,
            such as ``'backbone.'``. Defaults to None: the whole.

    Returns:
        dict[str, Tensor]: The weights by name, without ``module.`` and the
        prefix.

    Raises:
        InputError: If there are no weights, or something else among them.
    """
    found = checkpoint
    if isinstance(checkpoint, dict):
        found = checkpoint.get('state_dict', checkpoint)
    if not isinstance(found, dict):
        _refuse(source, _named(found))
    if not found:
        _refuse(source, 'an empty dict')
    for name, value in found.items():
        if not isinstance(name, str):
            _refuse(source, f'the key {name!r} among their names')
        if not isinstance(value, Tensor):
            _refuse(
                source, f'a value of type {type(value).__name__} as {name}'
            )
    weights = {
        name.removeprefix('module.'): value for name, value in found.items()
    }
    if not prefix:
        return weights
    prefix = f'{prefix.rstrip(".")}.'
    part = {
        name.removeprefix(prefix): value
        for name, value in weights.items()
        if name.startswith(prefix)
    }
    if not part:
        raise InputError(
            f'{source} has no weights under the prefix {prefix!r}; its names '
            f'are like {", ".join(list(weights)[:2])}: set the prefix in '
            'init_cfg'
        )
    return part


def _named(value: Any) -> str:
    return f'a value of type {type(value).__name__}'


def _refuse(source: str, found: str) -> NoReturn:
    raise InputError(
        f'{source} holds no weights but {found}: name a checkpoint of '
        "MMEngine's, or a dict of tensors by name, as "
        'torch.save(model.state_dict(), FILE) writes it'
    )
