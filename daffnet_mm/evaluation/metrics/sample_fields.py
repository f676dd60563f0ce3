"""Reading the fields that MMPretrain's Evaluator hands to a metric.

The values are tensors as a rule, but offline tools give lists, arrays or plain
numbers, and all are taken. What cannot be right is refused here, on the rank
that sees it and with the image's name, not at the end of the epoch.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from daffnet_mm.errors import InputError

#: A data sample as a dict.
Sample = Mapping[str, Any]


def image_of(sample: Sample) -> str:
    """Name a sample for tables and messages.

    Args:
        sample (Mapping): A data sample as a dict.

    Returns:
        str: The image's path or, of an image without a file, its index in
        the dataset; empty if the sample has neither.
    """
    return str(sample.get('img_path') or sample.get('sample_idx', ''))


def read_labels(
    sample: Sample, name: str, length: int, from_whom: str
) -> np.ndarray:
    """Read integer labels.

    Args:
        sample (Mapping): A data sample as a dict.
        name (str): The field.
        length (int): How many labels the field must hold.
        from_whom (str): What sets the field, for the message if it is missing.

    Returns:
        np.ndarray: int64, shape (length, ).

    Raises:
        InputError: If the field is missing, of another length or not whole.
    """
    values = _to_array(_require(sample, name, from_whom)).reshape(-1)
    if values.size != length:
        raise InputError(
            f'{name} of {_the_image(sample)} holds {values.size} label(s), '
            f'but {length} expected.'
        )
    if values.dtype.kind not in 'iu':
        raise InputError(
            f'{name} of {_the_image(sample)} must hold whole numbers, but '
            f'holds {values.tolist()}.'
        )
    return values.astype(np.int64)


def read_scores(
    sample: Sample, name: str, length: int, meaning: str
) -> np.ndarray | None:
    """Read probabilities.

    Args:
        sample (Mapping): A data sample as a dict.
        name (str): The field.
        length (int): How many values the field must hold.
        meaning (str): What the values belong to, for the message if their
            number is wrong, such as ``'classes of the dataset'``.

    Returns:
        np.ndarray | None: float32, shape (length, ); None if the sample does
        not have the field.

    Raises:
        InputError: If the values are of another number or not finite.
    """
    if sample.get(name) is None:
        return None
    scores = _to_array(sample[name]).reshape(-1)
    if scores.size != length:
        raise InputError(
            f'{name} of {_the_image(sample)} holds {scores.size} values, but '
            f'there are {length} {meaning}; the model and the dataset must '
            'agree.'
        )
    scores = scores.astype(np.float32)
    if not np.isfinite(scores).all():
        raise InputError(
            f'{name} of {_the_image(sample)} holds values that are not '
            'finite; the model has diverged, so use an earlier checkpoint or '
            'a lower learning rate.'
        )
    return scores


def check_range(
    sample: Sample,
    name: str,
    value: int,
    size: int,
    meaning: str,
    unknown: bool = False,
) -> None:
    """Refuse a label that is no index of what it stands for.

    Args:
        sample (Mapping): The data sample, for the message.
        name (str): The field that ``value`` is from.
        value (int): The label.
        size (int): Labels run from 0 to ``size - 1``.
        meaning (str): What the label indexes, such as ``'classes'``.
        unknown (bool): Whether -1 (unknown) is a label too.
            Defaults to False.

    Raises:
        InputError: If the label is out of range.
    """
    if 0 <= value < size or (unknown and value == -1):
        return
    expected = f'0 to {size - 1}' + (' or -1 (unknown)' if unknown else '')
    raise InputError(
        f'{name} of {_the_image(sample)} is {value}, but the '
        f'{size} {meaning} have the labels {expected}.'
    )


def _require(sample: Sample, name: str, from_whom: str) -> Any:
    if sample.get(name) is None:
        raise InputError(
            f'{_the_image(sample)} has no {name}, which {from_whom} sets.'
        )
    return sample[name]


def _to_array(value: Any) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        # numpy has no bfloat16
        return (value.float() if value.is_floating_point() else value).numpy()
    return np.asarray(value)


def _the_image(sample: Sample) -> str:
    return image_of(sample) or 'a sample'
