import numpy as np
import pytest

from daffnet_mm.evaluation import mcnemar_test


def paired(both, only_a, only_b, neither):
    counts = [both, only_a, only_b, neither]
    return np.repeat([[1, 1, 0, 0], [1, 0, 1, 0]], counts, axis=1)


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
    a, b = paired(7, only_a, only_b, 2)
    result = mcnemar_test(a, b)
    assert (result.b, result.c) == (only_a, only_b)
    assert result.p_value == pytest.approx(p_value, abs=1e-12)
    # lists of true and false will do, and agreements do not matter
    assert mcnemar_test((a == 1).tolist(), (b == 1).tolist()) == result
    assert mcnemar_test(*paired(900, only_a, only_b, 0)) == result


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
