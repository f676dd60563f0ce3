"""Figures for people: never better than what was measured."""

import math
from collections.abc import Callable

#: Of what is as good as the next number, such as 0.29 * 100, nothing is lost.
_TINY = 1e-6


def rounded_down(number: float, digits: int) -> str:
    """Write a score as none that is greater: 1 is what is certain.

    Args:
        number (float): A probability, a share or another score.
        digits (int): Digits after the point.

    Returns:
        str: The number; ``nan`` where there is none.
    """
    return _rounded(number, digits, math.floor, _TINY)


def rounded_up(number: float, digits: int) -> str:
    """Write an error or a cost as none that is smaller.

    Args:
        number (float): It.
        digits (int): Digits after the point.

    Returns:
        str: The number; ``nan`` where there is none.
    """
    return _rounded(number, digits, math.ceil, -_TINY)


def with_interval(
    figure: float,
    low: float,
    high: float,
    digits: int = 1,
    is_cost: bool = False,
) -> str:
    """Write a figure, and an interval that is no narrower than its own.

    Args:
        figure (float): The figure.
        low (float): Where its interval begins.
        high (float): Where it ends.
        digits (int): Digits after the point. Defaults to 1.
        is_cost (bool): Whether less is better. Defaults to False.

    Returns:
        str: Such as ``66.7 (65.1 to 68.4)``.
    """
    text = (rounded_up if is_cost else rounded_down)(figure, digits)
    return f'{text} ({interval_text(low, high, digits)})'


def interval_text(low: float, high: float, digits: int = 1) -> str:
    """Write an interval as one that is no narrower.

    Args:
        low (float): Where it begins.
        high (float): Where it ends.
        digits (int): Digits after the point. Defaults to 1.

    Returns:
        str: Such as ``65.1 to 68.4``.
    """
    return f'{rounded_down(low, digits)} to {rounded_up(high, digits)}'


def _rounded(
    number: float,
    digits: int,
    to_whole: Callable[[float], int],
    tiny: float,
) -> str:
    if math.isfinite(number):
        unit = 10**digits
        number = to_whole(number * unit + tiny) / unit
    return f'{number:.{digits}f}'
