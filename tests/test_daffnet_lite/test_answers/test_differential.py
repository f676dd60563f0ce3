import pytest
from scipy.stats import binomtest

from daffnet_lite.answers import count_answers, differential_count
from daffnet_lite.structures import WBC5_CLASSES


def test_counts_with_wilson_intervals():
    rows = differential_count(
        ['neutrophil'] * 8 + ['monocyte'] * 2, WBC5_CLASSES
    )
    assert [row['cell_type'] for row in rows] == list(WBC5_CLASSES)
    by_type = {row['cell_type']: row for row in rows}
    neutrophil = by_type['neutrophil']
    assert (neutrophil['number'], neutrophil['percent']) == (8, 80)
    # Wilson's interval of 8 in 10 at 95 %, from tables
    assert neutrophil['low'] == pytest.approx(49.02, abs=0.01)
    assert neutrophil['high'] == pytest.approx(94.33, abs=0.01)
    assert neutrophil['reference'] == (50, 70)
    assert by_type['basophil']['low'] == 0
    # 3.841 / (10 + 3.841)
    assert by_type['basophil']['high'] == pytest.approx(27.75, abs=0.01)


@pytest.mark.parametrize('total', [1, 7, 1030])
def test_intervals_are_scipys(total):
    for number in sorted({0, 1, total // 3, total}):
        types = ['monocyte'] * number + ['neutrophil'] * (total - number)
        (row,) = differential_count(types, ['monocyte'])
        want = binomtest(number, total).proportion_ci(0.95, 'wilson')
        assert row['low'] == pytest.approx(100 * want.low, abs=1e-9)
        assert row['high'] == pytest.approx(100 * want.high, abs=1e-9)


def test_what_is_no_single_cell_is_left_out():
    told = [
        ('neutrophil', ''),
        ('neutrophil', 'not a cell'),
        ('neutrophil', 'blurred; unsure'),
        ('monocyte', 'several cells; blurred'),
        ('monocyte', 'other cell type; unfamiliar'),
    ]
    # Two neutrophils and a monocyte remain.
    assert count_answers(told, WBC5_CLASSES) == differential_count(
        ['neutrophil', 'neutrophil', 'monocyte'], WBC5_CLASSES
    )
    assert count_answers(told[1:2], WBC5_CLASSES) == []
    assert count_answers([], WBC5_CLASSES) == []


def test_a_type_without_reference_and_no_cells():
    (row,) = differential_count(['platelet'], ['platelet'])
    assert row['reference'] is None
    with pytest.raises(ValueError, match='at least one cell'):
        differential_count([], WBC5_CLASSES)
