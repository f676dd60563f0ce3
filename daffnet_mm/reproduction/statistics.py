"""What several runs say together: means, intervals and tests."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t

from daffnet_mm.evaluation import mcnemar_test


class Summary(NamedTuple):
    """The mean of some runs.

    Attributes:
        mean (float): The mean.
        half_width (float): Half the width of its 95 % interval; nan of a
            single run.
        runs (int): Their number.
    """

    mean: float
    half_width: float
    runs: int


def summarize(values: Sequence[float]) -> Summary:
    """Find the mean of runs and its 95 % interval by the t distribution.

    Args:
        values (Sequence[float]): One figure a run, at least one.

    Returns:
        Summary: The mean and the interval.

    Examples:
        >>> summarize([97., 98., 99.])
        Summary(mean=98.0, half_width=2.484..., runs=3)
    """
    count = len(values)
    mean = float(np.mean(values))
    if count == 1:
        return Summary(mean, math.nan, 1)
    error = np.std(values, ddof=1) / math.sqrt(count)
    return Summary(mean, float(t.ppf(0.975, count - 1) * error), count)


class Comparison(NamedTuple):
    """Two methods on the same cells.

    Attributes:
        p_value (float): Two-sided.
        only_first (list[int]): For each seed, how many cells only the first
            method has right.
        only_second (list[int]): The same of the second.
    """

    p_value: float
    only_first: list[int]
    only_second: list[int]


Correct = Mapping[str, bool]


def compare(
    first: Mapping[int, Sequence[Correct]],
    second: Mapping[int, Sequence[Correct]],
) -> Comparison | None:
    """Test whether one method is right more often than another.

    McNemar's exact test, on each seed's cells. The folds of one seed test
    different cells and are taken together. Seeds test the same cells, so
    their p values depend on each other: twice their median is a p value
    whatever the dependence (Rueschendorf 1982; Meinshausen, Meier and
    Buehlmann 2009).

    Args:
        first (Mapping[int, Sequence[Correct]]): For each seed and each fold,
            whether the first method has an image right.
        second (Mapping[int, Sequence[Correct]]): The same of the second.

    Returns:
        Comparison, optional: The result; None where no seed has both
        methods on the same cells.
    """
    results = []
    for seed in sorted(first.keys() & second.keys()):
        ours, theirs = _join(first[seed]), _join(second[seed])
        if not ours or ours.keys() != theirs.keys():
            continue
        images = sorted(ours)
        results.append(
            mcnemar_test(
                [ours[i] for i in images], [theirs[i] for i in images]
            )
        )
    if not results:
        return None
    p_value = results[0].p_value
    if len(results) > 1:
        p_value = min(1.0, 2 * float(np.median([r.p_value for r in results])))
    return Comparison(p_value, [r.b for r in results], [r.c for r in results])


def _join(folds: Sequence[Correct]) -> dict[str, bool]:
    return {image: right for fold in folds for image, right in fold.items()}
