"""MAP's training strategies: DAFFNet's Table 6."""

from pathlib import Path

import pytest
from mmengine import Config

from daffnet_mm.reproduction.methods import TEACHERS, recipe
from daffnet_mm.utils.dataset_configs import pseudo_labelled_datasets

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
METHODS = ('map/plain', 'map/dsl', 'map/dsl-ssl', 'map/ssl')


@pytest.mark.parametrize(
    ('dataset', 'scale'),
    [('wbcatt', 'full'), ('wbcatt', 'tiny'), ('synthetic', 'tiny')],
)
def test_rows_of_table_6_differ_in_their_strategy_only(dataset, scale):
    configs = {m: recipe(CONFIGS, m, dataset, scale).load() for m in METHODS}
    dsl = configs['map/dsl']
    assert dsl.model.head.num_classes == 5
    for method, cfg in configs.items():
        assert cfg.model.head.num_classes == (5 if 'dsl' in method else None)
        assert cfg.model.backbone == dsl.model.backbone
        for key in (
            'optim_wrapper',
            'param_scheduler',
            'train_cfg',
            'val_dataloader',
            'test_dataloader',
            'default_hooks',
        ):
            assert cfg[key] == dsl[key], key
        train = cfg.train_dataloader
        parts = pseudo_labelled_datasets(train.dataset)
        assert bool(parts) is (method in TEACHERS)
        if parts:
            # the teacher's data, and more
            assert train.dataset.type == 'MixedDataset'
            assert train.dataset.datasets[0] == dsl.train_dataloader.dataset
        else:
            assert train == dsl.train_dataloader


def test_stage_2_labels_the_training_data_of_stage_3():
    cfg = Config.fromfile(CONFIGS / 'daffnet' / 'map_ssl.py')
    parts = pseudo_labelled_datasets(cfg.train_dataloader.dataset)
    assert len({part['label_file'] for part in parts}) == 5
    names = ('lisc', 'raabin', 'bccd', 'ldwbc', 'labelled')
    for name, part in zip(names, parts, strict=True):
        assert f'{name}.json' in part['label_file']
        # off by default: the paper's
        assert not {'threshold', 'soft', 'weight'} & part.keys()
        stage_3 = Config.fromfile(
            CONFIGS / '_base_' / 'datasets' / f'{name}.py'
        )
        assert part['dataset'] == stage_3.train_dataloader.dataset
        assert part['dataset']['split'] == 'train'
