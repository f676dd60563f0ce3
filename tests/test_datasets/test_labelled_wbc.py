from collections import Counter

import pytest
from cell_trees import PARTS, QUICK, counts, ids, labelled
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.datasets import LABELLED9_CLASSES, LabelledWBC


@pytest.fixture
def root(tmp_path):
    return labelled(tmp_path)


def test_nine_types(root):
    dataset = DATASETS.build(
        dict(type='LabelledWBC', data_root=str(root), **QUICK)
    )
    assert dataset.metainfo['classes'] == LABELLED9_CLASSES
    assert counts(dataset) == [
        10 if name == 'neutrophil_segment' else 5 for name in LABELLED9_CLASSES
    ]


def test_the_common_five(root):
    dataset = LabelledWBC(str(root), classes=WBC5_CLASSES, **QUICK)
    assert counts(dataset) == [5, 5, 5, 5, 15]
    neutrophils = Counter(
        i.split('/')[1] for i in ids(dataset) if 'Neutro' in i
    )
    assert neutrophils == {'Neutrophile Band': 5, 'Neutrophile Segment': 10}
    # with the erythroblasts, as PBC has them
    more = LabelledWBC(
        str(root), classes=(*WBC5_CLASSES, 'erythroblast'), **QUICK
    )
    assert len(more) == 40


def test_the_five_are_split_as_the_nine(root):
    for part in PARTS:
        five = LabelledWBC(str(root), part, classes=WBC5_CLASSES, **QUICK)
        assert ids(five) < ids(LabelledWBC(str(root), part, **QUICK))
        # bands and segments are stratified apart
        bands = [i for i in ids(five) if 'Band' in i]
        assert len(bands) == dict(train=3, val=1, test=1)[part]


def test_what_cannot_be_told_apart(root):
    (root / 'Neutrophile Band').rename(root / 'Neutrophil')
    with pytest.raises(
        InputError,
        match='Neutrophil means no class; expected '
        'are .*neutrophil_band, neutrophil_segment',
    ):
        LabelledWBC(str(root), **QUICK)


def test_an_unknown_class(root):
    with pytest.raises(
        InputError,
        match="has no class 'ig'; its classes are"
        ' .*neutrophil_band.* neutrophil, erythroblast',
    ):
        LabelledWBC(str(root), classes=('ig',), **QUICK)
