import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def as_row(cell: dict, classes: Sequence[str]) -> dict:
    """Flatten a prediction into the columns of the CSV file."""
    row = dict(
        image=cell['image'],
        cell_type=cell['pred_class'],
        probability=cell['pred_score'],
    )
    for name, score in zip(classes, cell['pred_scores'], strict=True):
        row[f'{name}_probability'] = float(score)
    for name, attribute in cell.get('attributes', {}).items():
        row[name] = attribute['value']
        row[f'{name}_probability'] = attribute['probability']
    row['review'] = cell['review']
    return row


def rounded_down(number: float, digits: int) -> str:
    """Write a probability as none that is greater: 1 is what is certain.

    Args:
        number (float): It, or a hundred times it.
        digits (int): Digits after the point.

    Returns:
        str: The number.
    """
    unit = 10**digits
    # Of what is as good as the next one, such as 0.29 * 100, nothing is lost.
    return f'{math.floor(number * unit + 1e-6) / unit:.{digits}f}'


def plain_values(value: Any) -> Any:
    """Make of an answer what JSON can hold.

    Args:
        value (Any): Mappings, sequences, arrays, numbers and text, one within
            the other.

    Returns:
        Any: Dicts, lists, Python's numbers and text. A number that is not
        finite, which JSON does not know, is None.
    """
    if isinstance(value, Mapping):
        return {key: plain_values(inner) for key, inner in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain_values(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
