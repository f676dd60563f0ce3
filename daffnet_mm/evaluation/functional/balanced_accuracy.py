import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: A class of fewer cells says little, and would be a fifth of the figure.
FEWEST_CELLS = 5


class BalancedAccuracy(NamedTuple):
    """The mean recall of some classes, and how far it is known.

    Attributes:
        value (float): The mean, in [0, 1].
        low (float): Where its 95 % interval begins.
        high (float): Where it ends.
    """

    value: float
    low: float
    high: float


def balanced_accuracy(
    right: Sequence[int], cells: Sequence[int]
) -> BalancedAccuracy:
    r"""Find the mean recall of classes, and its 95 % interval.

    Each class's recall has Wilson's interval; that of their mean comes from
    the distances to these limits (Zou and Donner, Statistics in Medicine
    2008):

    .. math::
        \bar p - \tfrac{1}{K} \sqrt{\sum_k (p_k - l_k)^2}
        \quad\text{to}\quad
        \bar p + \tfrac{1}{K} \sqrt{\sum_k (u_k - p_k)^2}

    So a class of few cells widens it, also where all of them are right. The
    cells count as independent, which those of one slide are not quite.

    Args:
        right (Sequence[int]): Of each class, how many cells are right.
        cells (Sequence[int]): How many there are, at least one of each.

    Returns:
        BalancedAccuracy: The mean and the interval.

    Examples:
        >>> balanced_accuracy([50, 8], [100, 10])
        BalancedAccuracy(value=0.65, low=0.4..., high=0.7...)
    """
    from scipy.stats import binomtest

    recalls = [r / n for r, n in zip(right, cells, strict=True)]
    limits = [
        binomtest(r, n).proportion_ci(0.95, method='wilson')
        for r, n in zip(right, cells, strict=True)
    ]
    count = len(recalls)
    pairs = list(zip(recalls, limits, strict=True))
    below = math.hypot(*(recall - limit.low for recall, limit in pairs))
    above = math.hypot(*(limit.high - recall for recall, limit in pairs))
    mean = sum(recalls) / count
    return BalancedAccuracy(mean, mean - below / count, mean + above / count)


def counted_classes(cells: Mapping[str, int]) -> list[str]:
    """Find the classes that a balanced accuracy is to count.

    Args:
        cells (Mapping[str, int]): How many cells of each class there are.

    Returns:
        list[str]: The classes of :data:`FEWEST_CELLS` cells and more; where
        none has as many, all that have one.
    """
    present = [name for name, number in cells.items() if number]
    enough = [name for name in present if cells[name] >= FEWEST_CELLS]
    return enough or present
