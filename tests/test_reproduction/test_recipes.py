"""Every method's config on every dataset, at both scales."""

import json
from pathlib import Path

import pytest
from mmengine import Config
from mmpretrain.registry import DATASETS as DATASET_TYPES

from daffnet_lite.errors import InputError
from daffnet_mm.reproduction.methods import (
    DATASETS,
    fit_network,
    list_methods,
    recipe,
)
from daffnet_mm.reproduction.recipes import read_recipe

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
CELL_TYPES = [d for d in DATASETS if d != 'wbcatt']
#: One of each family of configs.
FAMILIES = (
    'daffnet',
    'variant/sa-none',
    'peer/inception-v3',
    'scam',
    'scam/alpha-0.0',
    'scam/peer/vit-base',
)
#: The methods whose every dataset has a config of its own.
ROWS = {
    **{
        row: f'daffnet/ablation/{row}_{{}}.py'
        for row in ('resnet50', 'epsa', 'epsa-sa', 'epsa-sa-map')
    },
    'daffnet': 'daffnet/daffnet_{}.py',
    'scam': 'scam/scam_{}.py',
}


def load(method, dataset, scale):
    return recipe(CONFIGS, method, dataset, scale).load()


@pytest.mark.parametrize(
    'dataset', ['pbc', 'lisc', 'raabin', 'bccd', 'ldwbc', 'labelled']
)
@pytest.mark.parametrize('method', ROWS)
def test_another_dataset_is_that_datasets_config(method, dataset):
    own = Config.fromfile(CONFIGS / ROWS[method].format(dataset))
    assert load(method, dataset, 'full').to_dict() == own.to_dict()


@pytest.mark.parametrize(
    ('method', 'config'),
    [
        ('daffnet', 'daffnet/daffnet-tiny_pbc5.py'),
        ('epsa-sa', 'daffnet/ablation/epsa-sa-tiny_pbc5.py'),
        ('scam', 'scam/scam_tiny_pbc5.py'),
    ],
)
def test_tiny_scale_is_the_small_models_but_for_its_length(method, config):
    found = load(method, 'pbc5', 'tiny')
    own = Config.fromfile(CONFIGS / config)
    for cfg in (found, own):
        cfg.train_cfg.pop('max_epochs')
        cfg.param_scheduler[1].pop('end')
    assert found.to_dict() == own.to_dict()


@pytest.mark.parametrize('method', FAMILIES)
def test_data_and_network_fit(method):
    for scale in ('full', 'tiny'):
        for dataset in CELL_TYPES:
            if (dataset, scale) == ('synthetic', 'full'):
                continue
            cfg = load(method, dataset, scale)
            assert 'work_dir' not in cfg
            data = cfg.test_dataloader.dataset
            classes = len(
                data.get('classes')
                or DATASET_TYPES.get(data.type).METAINFO['classes']
            )
            inception = cfg.model.backbone.type == 'InceptionV3'
            part = cfg.model.backbone if inception else cfg.model.head
            assert part.num_classes == classes
            if cfg.model.get('train_cfg'):
                assert cfg.data_preprocessor.num_classes == classes
            # As in the method's own config, but for BCCD, which is balanced.
            balanced = cfg.train_dataloader.sampler.type
            assert (balanced == 'ClassBalancedSampler') is (
                method.startswith('scam') and dataset != 'bccd'
            )
            assert data.get('official_split', False) is (
                method.startswith('scam') and dataset in ('bccd', 'raabin')
            )
            # Nothing is downloaded and nothing frozen at tiny scale.
            tiny = scale == 'tiny'
            assert not (tiny and 'http' in json.dumps(cfg.model.to_dict()))
            assert not (tiny and 'freeze' in cfg.default_hooks)
            assert cfg.train_cfg.max_epochs == (18 if tiny else 100)


def test_what_tells_the_rows_apart_stays():
    def tiny(method):
        return load(method, 'lisc', 'tiny').model

    assert tiny('variant/sa-none').backbone.spatial_attention is None
    assert tiny('variant/fusion-dropout').head.dropout == 0.5
    assert tiny('variant/fusion-alone').head.each_alone
    assert tiny('scam/eca').backbone.attention == dict(type='ECA')
    assert tiny('scam/alpha-0.0').train_cfg is None
    assert tiny('scam/peer/vgg19').train_cfg.augments.alpha == 0.2
    assert tiny('scam/concat').head.in_channels == 2 * 64
    # Without ImageNet weights, these are the network itself.
    for same in ('tl-none', 'tl-resnet', 'tl-densenet'):
        assert tiny(f'scam/{same}') == tiny('scam')
    assert tiny('variant/freeze-always') == tiny('daffnet')


def test_every_method_has_a_config():
    methods = list_methods(CONFIGS)
    assert len(set(methods.values())) == len(methods) == 77
    assert all((CONFIGS / path).is_file() for path in methods.values())


def test_networks_that_depend_on_the_image_size():
    cfg = load('peer/vit-base', 'lisc', 'tiny')
    fit_network(cfg, 48)
    assert cfg.model.backbone.img_size == 48
    for size, steps in ((48, 1), (96, 0)):
        cfg = load('peer/inception-v3', 'lisc', 'tiny')
        before = cfg.train_dataloader.dataset.pipeline
        fit_network(cfg, size)
        after = cfg.train_dataloader.dataset.pipeline
        assert len(after) == len(before) + steps
        assert after[-1] == before[-1]


def test_a_config_is_read_but_not_run(tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text(
        "import os\n_base_ = './other.py'\nwork_dir = 'work_dirs/mine'\n"
        "model = dict(\n    head=None,  # none\n)\nos.mkdir('made')\n"
    )
    found = read_recipe(path)
    assert found.bases == (tmp_path / 'other.py',)
    assert found.text == (
        "import os\nmodel = dict(\n    head=None,  # none\n)\nos.mkdir('made')"
    )


def test_a_base_that_is_missing(tmp_path):
    for name in ('datasets', 'models', 'schedules'):
        (tmp_path / '_base_' / name).mkdir(parents=True)
    leaf = tmp_path / 'peers' / 'mine_pbc.py'
    leaf.parent.mkdir()
    leaf.write_text("_base_ = ['../_base_/datasets/pbc.py']\n")
    with pytest.raises(InputError, match='lisc.py, which does not exist'):
        recipe(tmp_path, 'peer/mine', 'lisc', 'full')
    with pytest.raises(InputError, match='tiny_lisc.py'):
        recipe(tmp_path, 'peer/mine', 'lisc', 'tiny')
