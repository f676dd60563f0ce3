import pytest

from daffnet_mm.evaluation.functional import differential_count
from daffnet_mm.structures import WBC5_CLASSES


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


def test_a_type_without_reference_and_no_cells():
    (row,) = differential_count(['platelet'], ['platelet'])
    assert row['reference'] is None
    with pytest.raises(ValueError, match='at least one cell'):
        differential_count([], WBC5_CLASSES)
