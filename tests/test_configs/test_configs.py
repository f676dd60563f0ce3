"""The configs build, and say what the paper says."""

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS
from torch import nn

from daffnet_mm.models.attention import SpatialAttention
from daffnet_mm.models.backbones import EPSAResNet
from daffnet_mm.models.classifiers import DAFFNet
from daffnet_mm.models.heads import FusionHead, MAPHead

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / 'configs' / 'daffnet'
# The variants and what is trained from scratch depart from the paper on
# purpose: see test_all_configs.py, and below for the latter.
CONFIGS = sorted(
    str(p.relative_to(FOLDER))
    for p in FOLDER.rglob('*.py')
    if p.parent.name not in ('variants', 'scratch')
)
SCRATCH = sorted(
    str(p.relative_to(FOLDER)) for p in FOLDER.glob('scratch/*.py')
)
TINY = [name for name in CONFIGS if '-tiny' in name]
FULL_SIZE = [name for name in CONFIGS if '-tiny' not in name]
# Those that train attributes; DAFFNet's backbone is pretrained on them too.
PREDICTORS = [
    name for name in CONFIGS if name.startswith('map') or 'pretrain' in name
]
CONTRACT = [
    'map_wbcatt.py',
    'map_ssl.py',
    'daffnet_pbc.py',
    'daffnet_pbc5.py',
    'ablation/resnet50_pbc.py',
    'ablation/epsa_pbc.py',
    'ablation/epsa-sa_pbc.py',
    'ablation/epsa-sa-map_pbc.py',
    'map-tiny_wbcatt.py',
    'map-tiny_ssl.py',
    'daffnet-tiny_pbc5.py',
    'daffnet-tiny_synthetic.py',
]

#: Parameters, by hand. ResNet50 has 25,557,032 with its ImageNet classifier,
#: which DAFFNet keeps.
RESNET50 = 25_557_032
MAP = RESNET50 + 1000 * 31 + 31 + 1000 * 5 + 5
ENCODER = 214_707


def classifier(morphological, classes):
    return (1000 + morphological) * classes + classes


def psa(width):
    """A PSA layer less the 3x3 convolution in whose place it stands."""
    branch = width // 4
    hidden = max(1, branch // 16)
    convs = branch * (
        width * 9 + width // 4 * 25 + width // 8 * 49 + width // 16 * 81
    )
    return convs + 2 * branch * hidden + hidden + branch - 9 * width**2


EPSA = RESNET50 + sum(
    blocks * psa(width)
    for blocks, width in ((3, 64), (4, 128), (6, 256), (3, 512))
)
#: Sixteen gates: a 7x7 convolution of two maps.
GATES = 16 * 2 * 49

PARAMETERS = {
    'ablation/resnet50_pbc.py': RESNET50 + classifier(0, 8),
    'ablation/epsa_pbc.py': EPSA + classifier(0, 8),
    'ablation/epsa-sa_pbc.py': EPSA + GATES + classifier(0, 8),
    'ablation/epsa-sa-map_pbc.py': EPSA + GATES + MAP + classifier(31, 8),
    'daffnet_pbc.py': EPSA + GATES + MAP + ENCODER + classifier(128, 8),
    'daffnet_pbc5.py': EPSA + GATES + MAP + ENCODER + classifier(128, 5),
    'map_wbcatt.py': MAP,
    'map_wbcatt_official.py': MAP,
    'map_ssl.py': MAP,
}

#: Which of EPSA, SA, MAP and MAE each row has.
TABLE_4 = {
    'ablation/resnet50_pbc.py': (False, False, False, False),
    'ablation/epsa_pbc.py': (True, False, False, False),
    'ablation/epsa-sa_pbc.py': (True, True, False, False),
    'ablation/epsa-sa-map_pbc.py': (True, True, True, False),
    'daffnet_pbc.py': (True, True, True, True),
}


@cache
def load(name):
    return Config.fromfile(FOLDER / name)


def build(name):
    """Build a config's model as the runner does, reading no weights."""
    cfg = load(name)
    return MODELS.build(
        dict(data_preprocessor=cfg.data_preprocessor, **cfg.model)
    )


class Built(NamedTuple):
    name: str
    cfg: Config
    model: nn.Module


@pytest.fixture(scope='module')
def built(request, tmp_path_factory):
    """A config and its model, built where no file is at hand.

    One config's tests run in a row, so that one model is in memory at a time.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp('empty'))
        return Built(request.param, load(request.param), build(request.param))


def with_models(names):
    return pytest.mark.parametrize('built', names, indirect=True)


def count(module):
    return sum(p.numel() for p in module.parameters())


def datasets(cfg):
    """All datasets in a dataset's config, those in wrappers included."""
    found = [cfg]
    for inner in [*cfg.get('datasets', ()), cfg.get('dataset')]:
        found += datasets(inner) if inner else []
    return found


def ways(pipeline):
    """Each way through a pipeline, whatever it chooses."""
    found = [[]]
    for transform in pipeline:
        chosen = (
            transform.transforms
            if transform.type == 'RandomChoice'
            else [[transform]]
        )
        found = [before + list(way) for before in found for way in chosen]
    return found


def pipelines(cfg, part):
    return [
        way
        for dataset in datasets(cfg[f'{part}_dataloader'].dataset)
        if 'pipeline' in dataset
        for way in ways(dataset.pipeline)
    ]


def step(pipeline, name):
    return next(t for t in pipeline if t.type == name)


# -- every config ------------------------------------------------------------


@pytest.mark.parametrize('name', CONTRACT)
def test_the_contract_is_kept(name):
    assert name in CONFIGS


@pytest.mark.parametrize('name', CONFIGS)
def test_everything_that_a_config_names_exists(name):
    cfg = load(name)
    assert cfg.custom_imports.imports == ['daffnet_mm']
    assert cfg.default_scope == 'mmpretrain'
    # As a runner does; steps inside RandomChoice are looked up there.
    init_default_scope(cfg.default_scope)
    for hook in [*cfg.default_hooks.values(), *cfg.get('custom_hooks', ())]:
        assert HOOKS.get(hook.type), hook.type
    for part in ('train', 'val', 'test'):
        for dataset in datasets(cfg[f'{part}_dataloader'].dataset):
            assert DATASETS.get(dataset.type), dataset.type
        assert pipelines(cfg, part)
        for pipeline in pipelines(cfg, part):
            for transform in pipeline:
                TRANSFORMS.build(transform)
    for part in ('val', 'test'):
        evaluators = cfg[f'{part}_evaluator']
        for metric in (
            evaluators if isinstance(evaluators, list) else [evaluators]
        ):
            METRICS.build(metric)


@with_models(CONFIGS)
def test_the_model_builds_without_any_file(built):
    head = MAPHead if built.name in PREDICTORS else FusionHead
    assert isinstance(built.model.head, head)


@with_models(PARAMETERS)
def test_parameter_count(built):
    assert count(built.model) == PARAMETERS[built.name]


@with_models(CONFIGS)
def test_data_and_model_have_the_same_classes(built):
    if built.model.head.num_classes is None:
        return  # attributes alone
    dataset = built.cfg.test_dataloader.dataset
    classes = (
        dataset.get('classes')
        or DATASETS.get(dataset.type).METAINFO['classes']
    )
    assert len(classes) == built.model.head.num_classes


@pytest.mark.parametrize('name', CONFIGS)
def test_the_best_on_validation_is_kept(name):
    cfg = load(name)
    monitor = 'attr/accuracy' if name in PREDICTORS else 'wbc/accuracy'
    checkpoint = cfg.default_hooks.checkpoint
    assert (checkpoint.save_best, checkpoint.rule) == (monitor, 'greater')
    assert cfg.default_hooks.best.type == 'BestCheckpointHook'
    if name in FULL_SIZE:
        assert cfg.default_hooks.early_stopping.monitor == monitor


@with_models([n for n in CONFIGS if load(n).model.type == 'DAFFNet'])
def test_stage_3_takes_what_stage_2_leaves(built):
    neck = built.model.neck
    config = Path(neck.predictor_config)
    # The shipped model's MAP is calibrated in between.
    assert neck.predictor_checkpoint in (
        f'work_dirs/{config.stem}/best.pth',
        f'work_dirs/{config.stem}/calibrated.pth',
    )
    trained = build(config.relative_to('configs/daffnet'))
    shapes, others = (
        {n: v.shape for n, v in m.state_dict().items()}
        for m in (neck.predictor, trained)
    )
    assert shapes == others


# -- the paper's -------------------------------------------------------------


@pytest.mark.parametrize('name', FULL_SIZE)
def test_hyper_parameters_of_the_paper(name):
    """Sec. 3.2: Adam, 1e-4, batch 32, 100 epochs, patience 10."""
    cfg = load(name)
    assert cfg.optim_wrapper.optimizer == dict(type='Adam', lr=1e-4)
    assert cfg.param_scheduler == []
    assert cfg.train_dataloader.batch_size == 32
    assert cfg.auto_scale_lr.base_batch_size == 32
    assert cfg.train_cfg.max_epochs == 100
    assert cfg.default_hooks.early_stopping.patience == 10
    assert cfg.default_hooks['freeze'].epochs == 5


@pytest.mark.parametrize('name', FULL_SIZE)
def test_crops_of_the_paper(name):
    """Sec. 3.2: random crops of 224 to train on, central ones to validate."""
    cfg = load(name)
    for part in ('train', 'val', 'test'):
        crop = 'RandomCrop' if part == 'train' else 'CenterCrop'
        for pipeline in pipelines(cfg, part):
            assert step(pipeline, crop).crop_size == 224
            resize = step(pipeline, 'ResizeEdge')
            assert (resize.scale, resize.edge) == (256, 'short')


@pytest.mark.parametrize('name', SCRATCH)
def test_from_scratch_nothing_is_downloaded_or_frozen(name):
    cfg = load(name)
    assert 'http' not in str(cfg.model)
    assert cfg.default_hooks['freeze'].epochs == 0
    # The learning rate is above zero until the last epoch; none is left out.
    epochs = cfg.train_cfg.max_epochs
    assert cfg.param_scheduler[-1].end == epochs
    assert cfg.default_hooks.early_stopping.patience >= epochs
    for part in ('train', 'val', 'test'):
        for pipeline in pipelines(cfg, part):
            crop = 'RandomCrop' if part == 'train' else 'CenterCrop'
            assert step(pipeline, crop).crop_size == 224
    # A cell has the same size in training and test.
    scales = [
        step(pipeline, 'ResizeEdge').scale / step(pipeline, 'FrameCell').share
        for part in ('train', 'val', 'test')
        for pipeline in pipelines(cfg, part)
    ]
    assert scales == pytest.approx([scales[0]] * len(scales), rel=0.001)


@pytest.mark.parametrize('name', SCRATCH)
def test_from_scratch_the_networks_are_the_papers(name):
    own = load(name).model
    paper = load(
        'daffnet_pbc5.py' if 'daffnet' in name else 'map_wbcatt.py'
    ).model
    for model in (own, paper):
        for part in (model.backbone, model.head):
            part.pop('init_cfg', None)
        if 'neck' in model:
            model.neck.predictor.pop('init_cfg')
            model.neck.pop('predictor_config', None)
    assert own == paper


@with_models(PREDICTORS)
def test_loss_weights_of_the_paper(built):
    loss = built.model.head.loss_module
    assert type(loss).__name__ == 'DSLLoss'
    assert (loss.attribute_weight, loss.class_weight) == (0.8, 0.2)


@with_models(FULL_SIZE)
def test_what_imagenet_does_not_know_trains_from_the_start(built):
    """Frozen at first is just what comes from a plain ResNet50."""
    model = built.model
    imagenet = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(type='ResNet', depth=50),
            head=dict(
                type='LinearClsHead', num_classes=1000, in_channels=2048
            ),
        )
    )
    known = {n: p.shape for n, p in imagenet.named_parameters()}
    expected = {
        n
        for n, p in model.named_parameters()
        if p.requires_grad and known.get(n) == p.shape
    }
    if isinstance(model.backbone, EPSAResNet):
        # The normalisation of a layer that is new.
        expected = {n for n in expected if '.bn2.' not in n}
    hook = HOOKS.build(built.cfg.default_hooks['freeze'])
    hook.before_train(SimpleNamespace(model=model))
    frozen = {id(p) for p in hook._parameters}
    assert {
        n for n, p in model.named_parameters() if id(p) in frozen
    } == expected


@with_models(TABLE_4)
def test_rows_of_table_4(built):
    model = built.model
    epsa, gate, predictor, encoder = TABLE_4[built.name]
    assert isinstance(model.backbone, EPSAResNet) is epsa
    gates = [m for m in model.modules() if isinstance(m, SpatialAttention)]
    assert len(gates) == (16 if gate else 0)
    if gate:
        assert model.backbone.attention_position == 'block'
    assert isinstance(model, DAFFNet) is predictor
    if predictor:
        assert model.neck.frozen
        assert (model.neck.encoder is not None) is encoder


# -- the small model ---------------------------------------------------------


def crop_sizes(pipeline):
    sizes = []
    for step in pipeline:
        if isinstance(step, list):
            sizes += crop_sizes(step)
            continue
        sizes += [step.crop_size] if 'crop_size' in step else []
        sizes += crop_sizes(step.get('transforms', []))
    return sizes


@with_models(TINY)
def test_the_small_model_is_small(built):
    assert count(built.model) <= 8_000_000
    for part in ('train', 'val', 'test'):
        for dataset in datasets(built.cfg[f'{part}_dataloader'].dataset):
            if 'pipeline' not in dataset:
                continue
            sizes = crop_sizes(dataset.pipeline) or [dataset.image_size]
            assert max(sizes) <= 128


@pytest.mark.parametrize('data', ['pbc5', 'synthetic'])
def test_the_small_ablation_differs_in_the_branch_only(data):
    daffnet = load(f'daffnet-tiny_{data}.py')
    ablation = load(f'ablation/epsa-sa-tiny_{data}.py')
    assert daffnet.model.backbone == ablation.model.backbone
    for key in (
        'optim_wrapper',
        'param_scheduler',
        'train_cfg',
        'train_dataloader',
        'val_dataloader',
        'test_dataloader',
    ):
        assert daffnet[key] == ablation[key], key
