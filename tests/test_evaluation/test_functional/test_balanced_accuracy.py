import math

import pytest

from daffnet_mm.evaluation.functional import (
    balanced_accuracy,
    counted_classes,
)


def wilson(right, cells, z=1.959964):
    """Wilson's interval, by its formula."""
    share = right / cells
    middle = share + z * z / (2 * cells)
    width = z * math.sqrt(
        share * (1 - share) / cells + z * z / (4 * cells * cells)
    )
    scale = 1 + z * z / cells
    return (middle - width) / scale, (middle + width) / scale


def test_one_class_has_wilsons_interval():
    found = balanced_accuracy([30], [40])
    assert found.value == 0.75
    assert found[1:] == pytest.approx(wilson(30, 40), abs=1e-6)


def test_several_classes_by_hand():
    found = balanced_accuracy([50, 8], [100, 10])
    assert found.value == pytest.approx((0.5 + 0.8) / 2)
    (low_1, high_1), (low_2, high_2) = wilson(50, 100), wilson(8, 10)
    below = math.sqrt((0.5 - low_1) ** 2 + (0.8 - low_2) ** 2) / 2
    above = math.sqrt((high_1 - 0.5) ** 2 + (high_2 - 0.8) ** 2) / 2
    assert found.low == pytest.approx(0.65 - below, abs=1e-6)
    assert found.high == pytest.approx(0.65 + above, abs=1e-6)


def test_a_class_of_few_cells_leaves_doubt_though_all_are_right():
    few, many = (balanced_accuracy([1000, n], [1000, n]) for n in (10, 1000))
    assert few.value == few.high == many.value == 1
    assert few.low < 0.9 < 0.99 < many.low


def test_as_many_counts_as_classes():
    with pytest.raises(ValueError, match='zip'):
        balanced_accuracy([1], [1, 2])


def test_a_class_of_few_cells_does_not_count():
    cells = dict(basophil=4, eosinophil=5, monocyte=0, neutrophil=90)
    assert counted_classes(cells) == ['eosinophil', 'neutrophil']


def test_where_no_class_has_cells_enough_all_that_have_one_count():
    assert counted_classes(dict(a=4, b=0, c=1)) == ['a', 'c']
