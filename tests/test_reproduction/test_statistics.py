import math

import numpy as np
import pytest
from scipy import stats

from daffnet_mm.reproduction.statistics import compare, summarize


def test_interval_of_three_runs():
    # t(0.975, 2) = 4.3027; the deviation is 1
    mean, half_width, count = summarize([97.0, 98.0, 99.0])
    assert (mean, count) == (98.0, 3)
    assert half_width == pytest.approx(4.3027 / math.sqrt(3), abs=1e-4)


def test_interval_agrees_with_scipy():
    values = np.random.default_rng(0).normal(90, 3, 7)
    low, high = stats.t.interval(
        0.95, 6, loc=values.mean(), scale=stats.sem(values)
    )
    mean, half_width, _ = summarize(values)
    assert (mean - half_width, mean + half_width) == pytest.approx((low, high))


def test_one_run_has_no_interval():
    assert summarize([5.0])[0] == 5
    assert math.isnan(summarize([5.0]).half_width)


def right(*flags, prefix=''):
    return {f'{prefix}{i}': bool(flag) for i, flag in enumerate(flags)}


def test_one_seed_is_mcnemar():
    result = compare(
        {0: [right(1, 1, 1, 1, 1, 0)]}, {0: [right(0, 0, 0, 0, 0, 1)]}
    )
    assert result == (0.21875, [5], [1])


def test_seeds_give_twice_the_median():
    first = {seed: [right(*[1] * n, 0)] for seed, n in enumerate((6, 7, 8))}
    second = {seed: [right(*[0] * n, 0)] for seed, n in enumerate((6, 7, 8))}
    result = compare(first, second)
    # 2 x (1/2)^n for each, of which the middle one is that of 7
    assert result.p_value == pytest.approx(2 * 2 * 0.5**7)
    assert result.only_first == [6, 7, 8]


def test_twice_the_median_is_at_most_one():
    same = {seed: [right(1, 0)] for seed in range(2)}
    assert compare(same, same).p_value == 1


def test_folds_of_a_seed_are_one_test():
    ones, zeros = right(1, 1, 1), right(0, 0, 0)
    other_ones = right(1, 1, prefix='b')
    other_zeros = right(0, 0, prefix='b')
    result = compare({0: [ones, other_ones]}, {0: [zeros, other_zeros]})
    assert result == (pytest.approx(2 * 0.5**5), [5], [0])


def test_other_cells_are_not_compared():
    assert compare({0: [right(1)]}, {1: [right(1)]}) is None
    assert compare({0: [right(1)]}, {0: [right(1, 0)]}) is None
