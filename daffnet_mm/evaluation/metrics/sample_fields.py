"""Reading the fields that MMPretrain's Evaluator hands to a metric.

The values are tensors as a rule, but offline tools give lists, arrays or plain
numbers, and all are taken. What cannot be right is refused here, on the rank
that sees it and with the image's name, not at the end of the epoch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from daffnet_lite.errors import InputError
from daffnet_lite.structures import UNKNOWN

#: A data sample as a dict.
Sample = Mapping[str, Any]


def image_of(sample: Sample) -> str:
    """Name a sample: by its path or, without a file, its index, or not."""
    return str(sample.get('img_path') or sample.get('sample_idx', ''))


def read_labels(
    sample: Sample,
    name: str,
    sizes: Sequence[int],
    from_whom: str,
    attributes: Sequence[str] = (),
    unknown: bool = False,
) -> np.ndarray:
    """Read integer labels.

    Args:
        sample (Mapping): A data sample as a dict.
        name (str): The field.
        sizes (Sequence[int]): Of each label that the field must hold, how
            many it is one of; they are counted from 0.
        from_whom (str): What sets the field, for the message if it is missing.
        attributes (Sequence[str]): What the labels are values of, for the
            messages. Defaults to none: the label is a class.
        unknown (bool): Whether -1 (unknown) is a label too.
            Defaults to False.

    Returns:
        np.ndarray: int64, one for each size.

    Raises:
        InputError: If the field is missing, of another length or not whole,
            or a label is out of range.
    """
    if sample.get(name) is None:
        raise InputError(
            f'{_the_image(sample)} has no {name}, which {from_whom} sets.'
        )
    values = _to_array(sample[name]).reshape(-1)
    if values.size != len(sizes):
        raise InputError(
            f'{name} of {_the_image(sample)} holds {values.size} label(s), '
            f'but {len(sizes)} expected.'
        )
    if values.dtype.kind not in 'iu':
        raise InputError(
            f'{name} of {_the_image(sample)} must hold whole numbers, but '
            f'holds {values.tolist()}.'
        )
    values = values.astype(np.int64)
    wrong = (values >= sizes) | (values < (UNKNOWN if unknown else 0))
    if wrong.any():
        place = int(wrong.argmax())
        size, labels = sizes[place], f'0 to {sizes[place] - 1}'
        raise InputError(
            f'{name}{f"[{attributes[place]}]" if attributes else ""} of '
            f'{_the_image(sample)} is {values[place]}, but the {size} '
            f'{"values" if attributes else "classes"} have the labels '
            f'{labels}{" or -1 (unknown)" if unknown else ""}.'
        )
    return values


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


def _to_array(value: Any) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        # numpy has no bfloat16
        return (value.float() if value.is_floating_point() else value).numpy()
    return np.asarray(value)


def _the_image(sample: Sample) -> str:
    return image_of(sample) or 'a sample'
