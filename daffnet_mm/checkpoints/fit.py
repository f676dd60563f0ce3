"""Does a checkpoint belong to a model?"""

from collections.abc import Mapping

from mmengine.runner import CheckpointLoader
from torch import Tensor, nn

from daffnet_lite.errors import InputError

from .state_dict import find_state_dict

#: What to do about weights of another model.
ADVICE = 'give it with the config that it was trained with'


def load_weights(model: nn.Module, checkpoint: str) -> dict:
    """Load a checkpoint into the model that it was made by.

    Args:
        model (nn.Module): The model.
        checkpoint (str): The checkpoint file, or its address.

    Returns:
        dict: What the checkpoint says of itself, its ``meta``.

    Raises:
        InputError: If it is no checkpoint, or does not fit.
    """
    loaded = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
    weights = find_state_dict(loaded, checkpoint)
    check_fit(model, weights, checkpoint)
    # Not strict: the oldest checkpoints do not count batches.
    model.load_state_dict(weights, strict=False)
    return find_meta(loaded, checkpoint)


def check_fit(
    model: nn.Module,
    weights: Mapping[str, Tensor],
    source: str,
    may_lack: bool = False,
    may_exceed: bool = False,
) -> None:
    """Refuse weights that do not fit a model, or are no numbers.

    Args:
        model (nn.Module): The model that is to take the weights.
        weights (Mapping[str, Tensor]): The weights by name.
        source (str): The checkpoint's name, for the message.
        may_lack (bool): Whether weights may be missing, though not all.
            Defaults to False.
        may_exceed (bool): Whether there may be others. Defaults to False.

    Raises:
        InputError: If a weight is missing, has another shape or type, is not
            finite, or has no place in the model.
    """
    own = model.state_dict()
    if not own.keys() & weights.keys():
        raise InputError(
            f'{source} has none of the weights of this config, such as '
            f'{next(iter(own))}, but others, such as {next(iter(weights))}: '
            f'{ADVICE}'
        )
    for name, value in own.items():
        if name in weights:
            _check_weight(name, weights[name], value, source)
        elif not may_lack and not name.endswith('num_batches_tracked'):
            raise InputError(
                f'{source} has no weight {name}: it was made by another '
                f'model than this config describes; {ADVICE}'
            )
    if may_exceed:
        return
    for name in weights:
        if name not in own:
            raise InputError(
                f'{source} has the weight {name}, for which this config has '
                'no place: it was made by another model than this config '
                f'describes; {ADVICE}'
            )


def _check_weight(name: str, value: Tensor, own: Tensor, source: str) -> None:
    if value.shape != own.shape:
        raise InputError(
            f'{source} has {name} of shape {tuple(value.shape)}, but this '
            f'config needs {tuple(own.shape)}: it was made for another number '
            f'of classes or other widths; {ADVICE}'
        )
    if (value.is_floating_point(), value.is_complex()) != (
        own.is_floating_point(),
        own.is_complex(),
    ):
        raise InputError(
            f'{source} has {name} as {value.dtype}, but this config needs '
            f'{own.dtype}: {ADVICE}'
        )
    check_finite(name, value, source)


def check_finite(name: str, value: Tensor, source: str) -> None:
    """Refuse a weight that is no number.

    Args:
        name (str): Its name.
        value (Tensor): The weight.
        source (str): The checkpoint's name, for the message.

    Raises:
        InputError: If it is infinite or undefined somewhere.
    """
    if not value.isfinite().all():
        raise InputError(
            f'{source} has values in {name} that are not finite: its training '
            'diverged, or the file is damaged; name an earlier checkpoint'
        )


def find_meta(checkpoint: dict, source: str) -> dict:
    """Find what a checkpoint says of itself.

    Args:
        checkpoint (dict): What MMEngine's checkpoint loader gave.
        source (str): The checkpoint's name, for the message.

    Returns:
        dict: Its ``meta``; empty if there is none.

    Raises:
        InputError: If that is no dict, or its classes or training images are
            no lists of names.
    """
    meta = checkpoint.get('meta') or {}
    data = isinstance(meta, dict) and (meta.get('dataset_meta') or {})
    if not isinstance(data, dict):
        raise InputError(
            f'{source} has a meta that is no dict of names and values: name '
            'a checkpoint that tools/train.py wrote'
        )
    for key, names in (
        ('classes', data.get('classes')),
        ('train_images', meta.get('train_images')),
        ('train_groups', meta.get('train_groups')),
    ):
        if not isinstance(names or [], list | tuple) or any(
            not isinstance(name, str) for name in names or []
        ):
            raise InputError(
                f'{source} has a meta whose {key} are no list of names: name '
                'a checkpoint that tools/train.py wrote'
            )
    return meta


def trained_classes(meta: dict) -> tuple[str, ...]:
    """Name the classes that a checkpoint was trained for.

    Args:
        meta (dict): What it says of itself.

    Returns:
        tuple[str, ...]: Their names; empty if it does not say.
    """
    return tuple((meta.get('dataset_meta') or {}).get('classes') or ())


def check_classes(dataset, meta: dict, source: str) -> None:
    """Refuse a checkpoint that was trained for other classes.

    Args:
        dataset (Dataset): The data, with its classes in ``metainfo``.
        meta (dict): What the checkpoint says of itself.
        source (str): Its name, for the message.

    Raises:
        InputError: If checkpoint and data name different classes, or the same
            in another order.
    """
    trained = trained_classes(meta)
    asked = (getattr(dataset, 'metainfo', None) or {}).get('classes')
    if trained and asked and trained != tuple(asked):
        raise InputError(
            f'{source} was trained for the classes {", ".join(trained)}, but '
            f'the data has {", ".join(asked)} (the order counts)'
        )
