import numpy as np
import pytest

from daffnet_lite.structures import ATTRIBUTE_SIZES, WBC_ATTRIBUTES
from daffnet_mm.datasets import WBCAtt
from daffnet_mm.evaluation.functional import (
    annotator_confusions,
    disagreement,
    smoothing_table,
)


def test_by_hand():
    first = dict(a=[0, 2], b=[0, 1], c=[1, 0], only_here=[1, 1])
    second = dict(c=[1, 0], b=[1, 1], a=[0, 0], only_there=[0, 0])
    size, colour = annotator_confusions(first, second, (2, 3))
    assert size.tolist() == [[1, 1], [0, 1]]
    assert colour.tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert disagreement(size) == pytest.approx(1 / 3)
    # counted both ways round: 0 with 0 twice, 0 with 1 once, 1 with 1 twice
    np.testing.assert_allclose(
        smoothing_table(size), [[2 / 3, 1 / 3], [1 / 3, 2 / 3]]
    )
    np.testing.assert_allclose(
        smoothing_table(colour), [[2 / 3, 0, 1 / 3], [0, 1, 0], [1, 0, 0]]
    )


def test_a_value_that_nobody_gave_stays_certain():
    table = smoothing_table(np.array([[3, 0, 1], [0, 0, 0], [0, 0, 2]]))
    assert table[1].tolist() == [0, 1, 0]
    np.testing.assert_allclose(table.sum(1), 1)


def test_published_annotators(shared):
    """The 696 cells at hand are near the 96.1 % published of all cells."""
    folder = shared / 'data' / 'wbcatt'
    again = folder / 'pbc_attr_reannotations_trainval.csv'
    if not again.is_file():
        pytest.skip('no second annotations')

    def read(path):
        return {
            a['name']: a['attributes']
            for a in WBCAtt.read_annotation_file(str(path))
        }

    second = read(again)
    first = {}
    for part in ('train', 'val'):
        first.update(read(folder / f'pbc_attr_v1_{part}.csv'))
    confusions = annotator_confusions(first, second, ATTRIBUTE_SIZES)
    assert [c.sum() for c in confusions] == [696] * 11
    agreement = [100 * (1 - disagreement(c)) for c in confusions]
    names = list(WBC_ATTRIBUTES)
    assert agreement[names.index('cell_size')] == pytest.approx(89.8, abs=0.05)
    assert np.mean(agreement) == pytest.approx(96.32, abs=0.005)
