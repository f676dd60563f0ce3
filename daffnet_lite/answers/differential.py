from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import NormalDist
from typing import Any

from .whole_fields import is_one_cell

#: What the ranges are, and who gives them: the paper's introduction.
REFERENCE_SOURCE = (
    'per cent of the white blood cells of a healthy adult (Chen et al. 2022, '
    'doi:10.1186/s12859-022-04824-6)'
)
#: The ranges.
REFERENCE_RANGES = dict(
    basophil=(0, 1),
    eosinophil=(1, 5),
    lymphocyte=(20, 45),
    monocyte=(2, 10),
    neutrophil=(50, 70),
)


def differential_count(
    cell_types: Sequence[str], classes: Sequence[str]
) -> list[dict[str, Any]]:
    """Count cells by type.

    Args:
        cell_types (Sequence[str]): The type of each cell.
        classes (Sequence[str]): The types to list; capitals do not matter to
            their reference ranges.

    Returns:
        list[dict]: For each type ``cell_type``, ``number``, ``percent``, its
        95 % interval ``low`` and ``high`` (Wilson's, in per cent), and the
        ``reference`` range (None for a type that has none).

    Raises:
        ValueError: If there is no cell.
    """
    total = len(cell_types)
    if not total:
        raise ValueError('a differential count needs at least one cell')
    rows = []
    for name in classes:
        number = sum(cell_type == name for cell_type in cell_types)
        low, high = _wilson_interval(number, total)
        rows.append(
            dict(
                cell_type=name,
                number=number,
                percent=100 * number / total,
                low=100 * low,
                high=100 * high,
                reference=REFERENCE_RANGES.get(name.lower()),
            )
        )
    return rows


def count_answers(
    answers: Iterable[tuple[str, str]], classes: Sequence[str]
) -> list[dict[str, Any]]:
    """Count answers by type, but those that are not of one white cell.

    Args:
        answers (Iterable[tuple[str, str]]): Of each its type and its review.
        classes (Sequence[str]): As for :func:`differential_count`.

    Returns:
        list[dict]: As :func:`differential_count` gives it; empty if there is
        nothing to count. The review ``not a cell`` or ``several cells`` leaves
        an answer out.
    """
    types = [name for name, review in answers if is_one_cell(review)]
    return differential_count(types, classes) if types else []


def _wilson_interval(number: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share; in plain Python, for want of SciPy."""
    z = NormalDist().inv_cdf(0.975)
    # A share drawn towards one half, as if by z^2 more cells.
    middle = (number + z**2 / 2) / (total + z**2)
    reach = sqrt(number * (total - number) / total + z**2 / 4)
    reach *= z / (total + z**2)
    # Which is exact at both ends, but for the rounding.
    low = middle - reach if number else 0.0
    return low, middle + reach if number < total else 1.0
