import numpy as np
import pytest

from daffnet_mm.evaluation import mcnemar_test


def paired(both, only_a, only_b, neither):
    correct_a = [True] * (both + only_a) + [False] * (only_b + neither)
    correct_b = (
        [True] * both + [False] * only_a + [True] * only_b + [False] * neither
    )
    return correct_a, correct_b


@pytest.mark.parametrize(
    ('only_a', 'only_b', 'p_value'),
    [
        # 2 (C(6,0) + C(6,1)) / 2^6 = 14 / 64
        (5, 1, 0.21875),
        (1, 5, 0.21875),
        # 2 / 2^5
        (0, 5, 0.0625),
        # 2 / 2^6
        (6, 0, 0.03125),
        # an even split is the likeliest one
        (4, 4, 1.0),
        (1, 0, 1.0),
        (0, 0, 1.0),
    ],
)
def test_by_hand(only_a, only_b, p_value):
    result = mcnemar_test(*paired(7, only_a, only_b, 2))
    assert (result.b, result.c) == (only_a, only_b)
    assert result.p_value == pytest.approx(p_value, abs=1e-12)


def test_agreements_do_not_matter():
    few = mcnemar_test(*paired(1, 9, 2, 0))
    many = mcnemar_test(*paired(1000, 9, 2, 50))
    assert few == many


def test_takes_arrays_of_zero_and_one():
    a, b = (np.array(x, int) for x in paired(3, 5, 1, 1))
    assert mcnemar_test(a, b).p_value == pytest.approx(0.21875)


@pytest.mark.parametrize(
    ('a', 'b', 'message'),
    [
        ([1, 0], [1], 'two lists of one length'),
        ([], [], 'no samples'),
        ([0, 1], [2, 1], 'true or false'),
        ([0.3, 1], [0, 1], 'true or false'),
    ],
)
def test_bad_input(a, b, message):
    with pytest.raises(ValueError, match=message):
        mcnemar_test(a, b)
