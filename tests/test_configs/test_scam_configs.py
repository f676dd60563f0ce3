"""The configs of Chen et al. and of the peers say what the papers say."""

import pytest
import torch
from config_files import CONFIGS, FOLDER, build, differing, load
from mmengine.config import Config
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS, TRANSFORMS

from daffnet_lite.structures import WBC5_CLASSES

PEERS = ('resnet50', 'densenet121', 'inception-v3', 'vgg19', 'vit-base')
SCAM = [
    f'scam/scam_{d}.py'
    for d in ('ldwbc', 'lisc', 'raabin', 'bccd', 'pbc', 'labelled')
]
OURS = [n for n in CONFIGS if n.startswith('scam/') and 'tiny' not in n]


@pytest.mark.parametrize('name', OURS)
def test_parameters_of_table_3(name):
    cfg = load(name)
    assert cfg.optim_wrapper.optimizer == dict(type='RAdam', lr=1e-5)
    assert cfg.param_scheduler == []
    assert cfg.train_dataloader.batch_size == 16
    assert cfg.train_cfg.max_epochs == 100
    frozen = {'freeze'} if 'tl-frozen' in name else set()
    assert {'freeze', 'early_stopping'} & set(cfg.default_hooks) == frozen
    assert cfg.default_hooks.checkpoint.save_best == 'wbc/accuracy'


@pytest.mark.parametrize('name', SCAM)
def test_the_network_is_the_same_everywhere(name):
    model = load(name).model
    assert model.backbone.attention == dict(type='SCAM')
    assert model.backbone.channels == 512
    assert model.head.dropout_rate == 0.5
    assert len(model.head.mid_channels) == 1
    assert model.train_cfg.augments == dict(type='Mixup', alpha=0.2)
    for branch in (model.backbone.resnet, model.backbone.densenet):
        assert branch.init_cfg.type == 'Pretrained'
        assert branch.init_cfg.prefix == 'backbone.'


def test_dropout_is_before_the_last_layer_alone():
    head = build('scam/scam_ldwbc.py').head
    layers = [
        type(module).__name__
        for module in head.layers.modules()
        if not list(module.children())
    ]
    assert layers == ['Linear', 'ReLU', 'Dropout', 'Linear']


@pytest.mark.parametrize(
    ('name', 'official'),
    [('ldwbc', False), ('lisc', False), ('raabin', True), ('bccd', True)],
)
def test_splits_of_table_2(name, official):
    """The releases' own test parts, where there are; else 3:1:1."""
    cfg = load(f'scam/scam_{name}.py')
    parts = [cfg[f'{p}_dataloader'].dataset for p in ('train', 'val', 'test')]
    assert [d.split for d in parts] == ['train', 'val', 'test']
    assert [d.get('official_split', False) for d in parts] == [official] * 3
    # 3:1:1 and 3:1 are the defaults
    assert not any('split_ratios' in d or 'val_ratio' in d for d in parts)
    balanced = cfg.train_dataloader.sampler.type == 'ClassBalancedSampler'
    assert balanced is (name != 'bccd')
    assert cfg.val_dataloader.sampler.type == 'DefaultSampler'


@pytest.mark.parametrize('name', ['lisc', 'bccd'])
def test_lisc_and_bccd_are_cut(name):
    """One cell a field, as the paper has it; all of them as an option."""
    tiny = Config.fromfile(FOLDER / f'_base_/datasets/tiny_scam_{name}.py')
    for part in ('train', 'val', 'test'):
        own, small, every = (
            cfg[f'{part}_dataloader'].dataset
            for cfg in (
                load(f'scam/scam_{name}.py'),
                tiny,
                load(f'scam/scam_{name}-all-cells.py'),
            )
        )
        assert (own.cells, small.cells, every.cells) == (
            'largest',
            'largest',
            'all',
        )
        assert own.data_root == small.data_root == f'data/{name.upper()}_cut'
        # splits of other images have other files
        files = {own.split_file, small.split_file, every.split_file}
        assert len(files) == 2
    assert differing(
        f'scam/scam_{name}.py', f'scam/scam_{name}-all-cells.py'
    ) == {
        f'{part}_dataloader.dataset.{key}'
        for part in ('train', 'val', 'test')
        for key in ('cells', 'split_file')
    }


@pytest.mark.parametrize('way', ['scam_', 'tiny_scam_'])
@pytest.mark.parametrize('name', ['ldwbc', 'lisc', 'raabin', 'bccd'])
def test_all_but_bccd_are_augmented(way, name):
    """BCCD's release comes with turned and flipped copies."""
    cfg = Config.fromfile(FOLDER / f'_base_/datasets/{way}{name}.py')
    train, test = (
        cfg[f'{part}_dataloader'].dataset for part in ('train', 'test')
    )
    assert (train.pipeline == test.pipeline) is (name == 'bccd')
    assert (train.split, train.data_root) == ('train', test.data_root)
    sampler = dict(type='ClassBalancedSampler')  # filled up to the largest
    if name == 'bccd':
        sampler = dict(type='DefaultSampler', shuffle=True)
    assert cfg.train_dataloader.sampler == sampler


@pytest.mark.parametrize(
    ('part', 'random'), [('train', True), ('test', False)]
)
def test_images_are_224(part, random):
    pipeline = load('scam/scam_pbc.py')[f'{part}_dataloader'].dataset.pipeline
    assert pipeline[0].type == 'LoadCellImage'
    torch.manual_seed(0)
    transforms = [TRANSFORMS.build(transform) for transform in pipeline[1:]]
    image = torch.randint(256, (90, 60, 3), dtype=torch.uint8).numpy()
    out = []
    for _ in range(8):
        sample = dict(img=image, gt_label=3, img_shape=(90, 60))
        for transform in transforms:
            sample = transform(sample)
        out.append(sample)
    assert all(o['inputs'].shape == (3, 224, 224) for o in out)
    assert all(o['data_samples'].gt_label.item() == 3 for o in out)
    same = all(torch.equal(o['inputs'], out[0]['inputs']) for o in out)
    assert same is not random


#: What each file of the ablations changes.
CHANGES = {
    'alpha-0.0': {'model.train_cfg': None},
    'alpha-0.4': {'model.train_cfg.augments.alpha': 0.4},
    'alpha-0.6': {'model.train_cfg.augments.alpha': 0.6},
    'alpha-0.8': {'model.train_cfg.augments.alpha': 0.8},
    'alpha-1.0': {'model.train_cfg.augments.alpha': 1.0},
    'no-attention': {'model.backbone.attention': None},
    'se': {'model.backbone.attention.type': 'SE'},
    'eca': {'model.backbone.attention.type': 'ECA'},
    'cam': {'model.backbone.attention.type': 'ChannelAttention'},
    'sam': {'model.backbone.attention.type': 'SpatialAttention'},
    'cam-sam-parallel': {'model.backbone.attention.type': 'ParallelAttention'},
    'csam': {'model.backbone.attention.type': 'CSAM'},
    'resnet-only': {'model.backbone.densenet': None},
    'densenet-only': {'model.backbone.resnet': None},
    'concat': {
        'model.backbone.fusion': 'concat',
        'model.head.in_channels': 1024,
    },
}


#: Whose ImageNet weights are left out.
FROM_SCRATCH = {
    'tl-resnet': ['densenet'],
    'tl-densenet': ['resnet'],
    'tl-none': ['resnet', 'densenet'],
}


def ablation(name):
    return f'scam/ablation/{name}_ldwbc.py'


def test_every_ablation_is_known():
    names = [n for n in OURS if '/ablation/' in n]
    known = [*CHANGES, *FROM_SCRATCH, 'tl-frozen']
    assert sorted(map(ablation, known)) == names


@pytest.mark.parametrize('name', CHANGES)
def test_an_ablation_changes_one_thing(name):
    cfg = load(ablation(name))
    assert differing(ablation(name), 'scam/scam_ldwbc.py') == {
        'work_dir',
        *CHANGES[name],
    }
    for key, value in CHANGES[name].items():
        found = cfg
        for part in key.split('.'):
            found = found[part]
        assert found == value
    assert cfg.work_dir == f'work_dirs/scam_{name}_ldwbc'


@pytest.mark.parametrize('name', FROM_SCRATCH)
def test_imagenet_weights_of_table_8(name):
    assert differing(ablation(name), 'scam/scam_ldwbc.py') == {
        'work_dir',
        *(f'model.backbone.{b}.init_cfg' for b in FROM_SCRATCH[name]),
    }
    for branch in FROM_SCRATCH[name]:
        init_cfg = load(ablation(name)).model.backbone[branch].init_cfg
        # A random start is Kaiming's.
        assert [i.type for i in init_cfg] == ['Kaiming', 'Constant']


def test_transferred_layers_can_be_frozen():
    assert differing(ablation('tl-frozen'), 'scam/scam_ldwbc.py') == {
        'work_dir',
        'default_hooks.freeze',
    }
    model = build(ablation('tl-frozen'))
    hook = HOOKS.build(load(ablation('tl-frozen')).default_hooks['freeze'])
    hook.before_train(type('Bare', (), dict(model=model, train_loop=None)))
    assert hook.epochs == 100
    assert {id(p) for p in hook._parameters} == {
        id(p) for p in model.backbone.branches.parameters()
    }


@pytest.mark.parametrize('peer', PEERS)
def test_peers_follow_the_recipe_of_either_paper(peer):
    for name, base in (
        (f'peers/{peer}_pbc.py', 'daffnet/ablation/resnet50_pbc.py'),
        (f'scam/peers/{peer}_ldwbc.py', 'scam/scam_ldwbc.py'),
    ):
        assert {
            key for key in differing(name, base) if not key.startswith('model')
        } <= {
            'work_dir',
            'imagenet',
            'from_scratch',
            'default_hooks.freeze.layers',
            'default_hooks.freeze.except_layers',
        }
    mixed, raw = (f'scam/peers/{peer}{r}_ldwbc.py' for r in ('', '_raw'))
    assert differing(mixed, raw) == {'work_dir', 'model.train_cfg'}
    assert load(mixed).model.train_cfg.augments.alpha == 0.2


@pytest.mark.parametrize('peer', PEERS)
def test_peers_freeze_all_but_the_last_layer(peer):
    model = build(f'peers/{peer}_pbc.py')
    hook = HOOKS.build(load(f'peers/{peer}_pbc.py').default_hooks['freeze'])
    hook.before_train(type('Bare', (), dict(model=model, train_loop=None)))
    frozen = {id(p) for p in hook._parameters}
    trained = [p for p in model.parameters() if id(p) not in frozen]
    assert sorted(p.shape[0] for p in trained) == [8, 8]  # weight and bias


@pytest.mark.long
def test_the_small_network_trains(pbc_root, tmp_path, monkeypatch):
    """One epoch in the runner: balanced, mixed up, validated and tested."""
    monkeypatch.setenv('PBC_ROOT', str(pbc_root))
    monkeypatch.setenv('PBC_SPLIT_FILE', str(tmp_path / 'split.csv'))
    cfg = Config.fromfile(FOLDER / 'scam/scam_tiny_pbc5.py')
    cfg.merge_from_dict(
        dict(
            work_dir=str(tmp_path / 'run'),
            train_cfg=dict(max_epochs=1),
            log_level='WARNING',
        )
    )
    for part in ('train', 'val', 'test'):
        cfg[f'{part}_dataloader'].update(batch_size=10, num_workers=0)
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert (tmp_path / 'run/best.pth').is_file()
    sampler = runner.train_dataloader.sampler
    labels = [
        runner.train_dataloader.dataset.get_data_info(i)['gt_label']
        for i in sampler
    ]
    assert {labels.count(c) for c in range(len(WBC5_CLASSES))} == {6}
