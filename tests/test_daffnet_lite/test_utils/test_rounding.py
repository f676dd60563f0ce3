import math

import pytest

from daffnet_lite.utils.rounding import (
    interval_text,
    rounded_down,
    rounded_up,
    with_interval,
)


@pytest.mark.parametrize(
    ('number', 'digits', 'written'),
    [
        (0.99999, 3, '0.999'),
        (1.0, 3, '1.000'),
        (99.96, 1, '99.9'),
        (99.6, 0, '99'),
        # 28.999999999999996 and 56.99999999999999
        (100 * 0.29, 1, '29.0'),
        (100 * 0.57, 0, '57'),
        (0.0, 1, '0.0'),
    ],
)
def test_what_is_nearly_certain_is_not_called_certain(number, digits, written):
    assert rounded_down(number, digits) == written


@pytest.mark.parametrize(
    ('number', 'digits', 'written'),
    [
        (0.001, 2, '0.01'),
        (1.0, 2, '1.00'),
        (5.41, 1, '5.5'),
        (-0.19, 1, '-0.1'),
        # 28.999999999999996 and 7.000000000000001
        (100 * 0.29, 1, '29.0'),
        (100 * 0.07, 0, '7'),
        (0.0, 1, '0.0'),
    ],
)
def test_an_error_is_not_made_less(number, digits, written):
    assert rounded_up(number, digits) == written


def test_an_interval_is_not_made_narrower():
    assert with_interval(66.69, 65.19, 68.31) == '66.6 (65.1 to 68.4)'
    assert with_interval(2.01, 1.29, 3.01, is_cost=True) == '2.1 (1.2 to 3.1)'
    assert with_interval(66.6667, 50, 75, 2) == '66.66 (50.00 to 75.00)'
    assert interval_text(30.06, 95.44) == '30.0 to 95.5'


def test_what_was_not_measured():
    assert rounded_down(math.nan, 1) == rounded_up(math.nan, 1) == 'nan'
