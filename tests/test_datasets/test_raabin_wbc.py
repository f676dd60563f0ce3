import posixpath
from collections import Counter
from itertools import combinations

import pytest
from cell_trees import PARTS, QUICK, counts, ids, raabin
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets import RaabinWBC
from daffnet_mm.datasets.splits import cut_groups, stratified_split


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


def slide_samples(root, **kwargs):
    return RaabinWBC(str(root), **QUICK, **kwargs).list_samples()


def test_cells_of_one_slide_belong_together(root):
    train = root / 'Train'
    for old, new in {
        'Neutrophil/1.jpg': 'Neutrophil/95-8-10-1_12_1.jpg',
        'Neutrophil/2.jpg': 'Neutrophil/95-8-10-12_12_1.jpg',
        'Monocyte/1.jpg': 'Monocyte/95-8-10-1_3_1.jpg',
        'Basophil/1.jpg': 'Basophil/20190531_164313_0.jpg',
        'Basophil/2.jpg': 'Basophil/20190604_164313_0.jpg',
    }.items():
        (train / old).rename(train / new)
    (root / 'TestA/Monocyte/1.jpg').rename(
        root / 'TestA/Monocyte/95-8-10-1_3_2.jpg'
    )
    groups = {s['name']: s['group'] for s in slide_samples(root)}
    assert groups['Train/Neutrophil/95-8-10-1_12_1.jpg'] == '95-8-10-1'
    assert groups['Train/Neutrophil/95-8-10-12_12_1.jpg'] == '95-8-10-12'
    assert groups['Train/Basophil/20190604_164313_0.jpg'] == '20190604'
    # the same cells had been photographed four days before
    assert groups['Train/Basophil/20190531_164313_0.jpg'] == '20190527'
    other = 'Train/Neutrophil/3.jpg'
    assert groups[other] == other
    together = [name for name, group in groups.items() if group == '95-8-10-1']
    assert sorted(together) == [
        'TestA/Monocyte/95-8-10-1_3_2.jpg',
        'Train/Monocyte/95-8-10-1_3_1.jpg',
        'Train/Neutrophil/95-8-10-1_12_1.jpg',
    ]
    # the release's own test part has cells of the slides that it trains on
    official = {
        s['name']: s['group'] for s in slide_samples(root, official_split=True)
    }
    assert official[together[0]] != official[together[-1]]


def test_slides(root):
    """Some slides alone: of what is there, whatever the classes."""
    for old, new in {
        'Neutrophil/1.jpg': 'Neutrophil/95-8-10-1_12_1.jpg',
        'Neutrophil/2.jpg': 'Neutrophil/95-8-10-12_12_1.jpg',
        'Monocyte/1.jpg': 'Monocyte/95-8-10-1_3_1.jpg',
        'Basophil/1.jpg': 'Basophil/20190531_164313_0.jpg',
    }.items():
        (root / 'Train' / old).rename(root / 'Train' / new)
    build = dict(data_root=str(root), subsets=('Train',), **QUICK)
    one = RaabinWBC(slides=['95-8-10-1'], **build)
    assert counts(one) == [0, 0, 0, 1, 1]
    two = RaabinWBC(slides=('95-8-10-12', '20190531'), **build)
    assert sorted(ids(two)) == [
        'RaabinWBC/Train/Basophil/20190531_164313_0.jpg',
        'RaabinWBC/Train/Neutrophil/95-8-10-12_12_1.jpg',
    ]
    with pytest.raises(
        InputError, match='no image of 1 of the slides, first 95-8-10-2;'
    ):
        RaabinWBC(slides=('95-8-10-1', '95-8-10-2'), **build)


def test_the_real_train_part(real):
    """Counts as published; no smear on two sides; every class everywhere."""
    samples = slide_samples(real('raabin'), subsets=('Train',))
    labels = {s['name']: s['label'] for s in samples}
    assert Counter(labels.values()) == dict(
        basophil=212,
        eosinophil=744,
        lymphocyte=2427,
        monocyte=561,
        neutrophil=6231,
    )
    groups = {s['name']: s['group'] for s in samples}
    slides = {name: posixpath.basename(name).split('_')[0] for name in labels}
    # 54 slides and four dates, of which four are of an earlier one's smear
    assert len(set(slides.values())) == 58
    assert len(set(groups.values())) == 54
    again = {slides[n]: groups[n] for n in labels if slides[n] != groups[n]}
    assert again == RaabinWBC.SMEARS
    tested = []
    for seed in range(8):
        parts = stratified_split(labels, seed=seed, groups=groups)
        assert cut_groups(parts, groups) == {}
        there = Counter((labels[name], part) for name, part in parts.items())
        assert len(there) == 15
        train = [name for name, part in parts.items() if part == 'train']
        # the slide with half of all eosinophils
        assert any('95-8-27-1_' in name for name in train)
        # within a large slide of its share, and no worse than a half off
        for label in ('eosinophil', 'lymphocyte', 'monocyte', 'neutrophil'):
            share = sum(own == label for own in labels.values()) / 5
            assert 0.5 < there[label, 'test'] / share < 1.5
        tested.append({n for n, part in parts.items() if part == 'test'})
    # each seed tests on slides of its own: a fifth would be shared by chance
    shared = [
        len(one & other) / min(len(one), len(other))
        for one, other in combinations(tested, 2)
    ]
    assert sum(shared) / len(shared) < 0.5
