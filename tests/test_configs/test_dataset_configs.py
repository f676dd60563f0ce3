"""Each dataset's config loads its release, moved by the environment."""

from collections import Counter

import cell_trees
import pytest
import torch
from cell_trees import CONFIGS, PARTS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS

from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES
from daffnet_mm.apis import SHIPPED_WEIGHTS, shipped_file
from daffnet_mm.datasets.sample_infos import image_groups, image_ids

#: Images in the small tree, all parts together, and classes.
EXPECTED = {
    'lisc': (23, 5),
    'raabin': (50, 5),
    'raabin-train': (40, 5),
    'bccd': (288, 4),
    'ldwbc': (33, 5),
    'labelled': (50, 9),
    'jtsc': (25, 5),
}
TREES = dict(bccd='bccd_kaggle')


@pytest.fixture(params=EXPECTED)
def moved(request, tmp_path, monkeypatch):
    """A dataset's name, its tree in place where the environment says."""
    release = request.param.removesuffix('-train')
    build = getattr(cell_trees, TREES.get(release, release))
    monkeypatch.setenv(f'{release.upper()}_ROOT', str(build(tmp_path)))
    monkeypatch.setenv(
        f'{release.upper()}_SPLIT_FILE', str(tmp_path / 'splits' / 'split.csv')
    )
    return request.param


def test_the_three_parts(moved, tmp_path):
    cfg = Config.fromfile(CONFIGS / '_base_' / 'datasets' / f'{moved}.py')
    parts = [
        DATASETS.build(cfg[f'{part}_dataloader'].dataset)
        for part in ('train', 'val', 'test')
    ]
    total, classes = EXPECTED[moved]
    assert sum(map(len, parts)) == total
    assert all(len(part.CLASSES) == classes for part in parts)
    assert (tmp_path / 'splits' / 'split.csv').is_file()
    for part in parts:
        assert part[0]['inputs'].shape == (3, 224, 224)


def test_several_laboratories(pbc_root, wbcatt_dir, tmp_path, monkeypatch):
    fields = [
        ([(20, 30, 40, 60)], name.upper(), part)
        for name in WBC5_CLASSES
        for part in PARTS
    ]
    for name, path in dict(
        PBC_ROOT=pbc_root,
        WBCATT_ROOT=wbcatt_dir,
        RAABIN_ROOT=cell_trees.raabin_with_slides(tmp_path),
        BCCD_DETECTION_ROOT=cell_trees.bccd_detection(tmp_path, fields),
    ).items():
        monkeypatch.setenv(name, str(path))
    init_default_scope('mmpretrain')
    cfg = Config.fromfile(CONFIGS / 'daffnet/map-lite_laboratories.py')
    # of four cells a class there is no tenth
    annotated = cfg.train_dataloader.dataset.datasets[0]
    for dataset in (annotated, cfg.val_dataloader.dataset):
        assert dataset.select_ratio == 0.1
        dataset.select_ratio = 0.25
    train, val, test = (
        DATASETS.build(cfg[f'{part}_dataloader'].dataset) for part in PARTS
    )
    images = image_ids(train)
    sources = Counter(name.partition('/')[0] for name in images)
    # WBCAtt's training part less what selects; a cell of each of Raabin's
    # training slides; BCCD's training list in two views, three times over; two
    # laboratories' painted cells
    assert len(val) == 5
    assert sources.pop('synthetic') == 2000
    assert sources == dict(PBC=15, RaabinWBC=30, BCCD=3 * 10)
    assert len(test) == 15
    assert not {*images} & {*image_ids(val), *image_ids(test)}
    assert not any('Test' in name for name in images)
    attributes = [train[i]['data_samples'].gt_attributes for i in (0, 15)]
    # of a cell that is varied, which is drawn, three are not true any more
    stay = [
        i
        for i, name in enumerate(WBC_ATTRIBUTES)
        if name not in cfg.forget_untrue.attributes
    ]
    assert attributes[0][stay].min() >= 0 and attributes[1].max() == -1
    for dataset in (train, val, test):
        for i in (0, len(dataset) - 1):
            assert dataset[i]['inputs'].shape == (3, 128, 128)


def test_the_slides_of_the_shipped_model(real, monkeypatch):
    """No smear is on two sides, and each is the one that it was told."""
    monkeypatch.setenv('RAABIN_ROOT', str(real('raabin')))
    init_default_scope('mmpretrain')
    cfg = Config.fromfile(CONFIGS / '_base_/datasets/held-out-raabin.py')
    train = DATASETS.build(cfg.raabin)
    held_out = DATASETS.build(cfg.test_dataloader.dataset)
    assert len(train) == 6041
    assert Counter(held_out.get_gt_labels()) == {
        0: 49,
        1: 74,
        2: 403,
        3: 100,
        4: 1052,
    }
    parts = [train, held_out]
    parts.append(DATASETS.build(cfg.val_dataloader.dataset))
    groups = [set(image_groups(part).values()) for part in parts]
    assert len(set.union(*groups)) == sum(map(len, groups)) == 54
    path = shipped_file(SHIPPED_WEIGHTS)
    meta = torch.load(path, weights_only=True)['meta']
    told = {g for g in meta['train_groups'] if g.startswith('RaabinWBC/')}
    assert told == groups[0]
    images = set(image_ids(train))
    assert {i for i in meta['train_images'] if i.startswith('R')} <= images
