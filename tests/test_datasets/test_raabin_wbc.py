import pytest
from cell_trees import PARTS, QUICK, counts, ids, raabin
from mmpretrain.registry import DATASETS

from daffnet_mm.datasets import RaabinWBC
from daffnet_mm.errors import InputError


@pytest.fixture
def root(tmp_path):
    return raabin(tmp_path)


def test_all_that_is_there(root):
    dataset = DATASETS.build(
        dict(type='RaabinWBC', data_root=str(root), **QUICK)
    )
    assert counts(dataset) == [10, 10, 11, 10, 13]
    # one file name in several folders is several images
    assert len(ids(dataset)) == len(dataset)
    assert 'RaabinWBC/TestA/Basophil/1.jpg' in ids(dataset)


def test_subsets(root):
    papers = RaabinWBC(str(root), subsets=('Train', 'TestA'), **QUICK)
    assert counts(papers) == [10] * 5
    test_b = RaabinWBC(
        str(root),
        subsets=('TestB',),
        **QUICK,
        classes=('lymphocyte', 'neutrophil'),
    )
    assert counts(test_b) == [1, 3]
    with pytest.raises(InputError, match="names 'TestC', but the release has"):
        RaabinWBC(str(root), subsets=('TestC',), **QUICK)


def test_the_official_split(root):
    build = dict(
        data_root=str(root),
        official_split=True,
        **QUICK,
        subsets=('Train', 'TestA'),
    )
    parts = {split: RaabinWBC(split=split, **build) for split in PARTS}
    # 3:1 in every class, as Chen et al.
    assert [counts(part) for part in parts.values()] == [
        [6] * 5,
        *[[2] * 5] * 2,
    ]
    assert all('/TestA/' in i for i in ids(parts['test']))
    for split in ('train', 'val'):
        assert all('/Train/' in i for i in ids(parts[split]))
    assert not ids(parts['train']) & ids(parts['val'])
    half = RaabinWBC(split='val', val_ratio=0.5, **build)
    assert len(half) == 20 and ids(half) > ids(parts['val'])
    other = RaabinWBC(split='val', split_seed=3, **build)
    assert len(other) == 10 and ids(other) != ids(parts['val'])


def test_other_spellings_and_places(tmp_path):
    root = raabin(tmp_path)
    (root / 'TestA').rename(root / 'Test-A')
    assert len(RaabinWBC(str(root), **QUICK)) == 54
    (root / 'Test-A').rename(root / 'Exam')
    with pytest.raises(InputError, match='has no folder TestA; it must be'):
        RaabinWBC(str(root), subsets=('Train', 'TestA'), **QUICK)
    with pytest.raises(
        InputError,
        match='no folder Train; .*Raabin-WBC has one: set data_root to that',
    ):
        RaabinWBC(str(tmp_path), **QUICK)


def test_a_wrong_val_ratio(root):
    with pytest.raises(InputError, match='val_ratio=1.0 must lie between'):
        RaabinWBC(str(root), val_ratio=1.0, **QUICK)
