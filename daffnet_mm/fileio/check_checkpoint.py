from torch import nn

from daffnet_mm.checkpoints import find_state_dict
from daffnet_mm.errors import InputError


def check_state_dict(
    model: nn.Module, checkpoint: dict, source: str, may_lack: bool = False
) -> None:
    """Refuse a checkpoint that does not fit a model.

    Args:
        model (nn.Module): The model that is to take the weights.
        checkpoint (dict): What MMEngine's checkpoint loader gave.
        source (str): The checkpoint's name, for the message.
        may_lack (bool): Whether weights may be missing. Defaults to False.

    Raises:
        InputError: If a weight is missing or has another shape.
    """
    weights = find_state_dict(checkpoint, source)
    for name, value in model.state_dict().items():
        other = weights.get(name)
        if other is None:
            if may_lack or name.endswith('num_batches_tracked'):
                continue
            raise InputError(
                f'{source} has no weight {name}: it was made by another '
                'model than this config describes'
            )
        if other.shape != value.shape:
            raise InputError(
                f'{source} has {name} of shape {tuple(other.shape)}, but '
                f'this config needs {tuple(value.shape)}: it was made for '
                'another number of classes or other widths'
            )


def check_classes(dataset, checkpoint: dict, source: str) -> None:
    """Refuse a checkpoint that was trained for other classes.

    Args:
        dataset (Dataset): The data, with its classes in ``metainfo``.
        checkpoint (dict): What MMEngine's checkpoint loader gave.
        source (str): The checkpoint's name, for the message.

    Raises:
        InputError: If checkpoint and data name different classes, or the same
            in another order.
    """
    meta = checkpoint.get('meta') or {}
    trained = (meta.get('dataset_meta') or {}).get('classes')
    asked = (getattr(dataset, 'metainfo', None) or {}).get('classes')
    if trained and asked and tuple(trained) != tuple(asked):
        raise InputError(
            f'{source} was trained for the classes {", ".join(trained)}, but '
            f'the data has {", ".join(asked)} (the order counts)'
        )
