"""Every config builds, and every architecture learns.

Models are built on the meta device, where parameters take neither memory nor
time. The steps are those of the real optimiser, on narrow copies.
"""

import copy
import json
from functools import cache

import pytest
import torch
from config_files import (
    CONFIGS,
    build,
    classes_of,
    datasets,
    load,
    pipelines,
    without_checkpoints,
)
from foreign_backbones import LinspaceOnCPU
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpretrain.registry import (
    DATA_SAMPLERS,
    DATASETS,
    HOOKS,
    METRICS,
    MODELS,
    TRANSFORMS,
)
from mmpretrain.structures import DataSample

from daffnet_lite.structures import ATTRIBUTE_SIZES


def architecture(cfg):
    """What tells one model from another: not its classes, nor alpha."""
    model = without_checkpoints(cfg.model.to_dict())
    for part in (model['backbone'] or {}, model['head']):
        if part.get('num_classes'):
            part['num_classes'] = 5
    if (model.get('train_cfg') or {}).keys() <= {'augments'}:
        model.pop('train_cfg', None)
    return model


@cache
def let_shapes_through(text):
    """Build a model on the meta device, and let shapes go through it.

    What the attributes' probabilities are picked by has no shape there, so
    DAFFNet's branches go without their fusion, and a MAP goes without an
    encoder; those are seen when a step is taken.
    """
    cfg = json.loads(text)
    with torch.device('meta'), LinspaceOnCPU():
        model = MODELS.build(cfg).eval()
        images = torch.empty(2, 3, 224, 224)
        if cfg['type'] == 'DAFFNet':
            model.neck.predictor(images, mode='tensor')
            model.extract_feat(images, stage='backbone')
        elif cfg['head'].get('encoder'):
            model.head.fc_attributes(
                model.head.pre_logits(model.extract_feat(images))
            )
        else:
            model(images, mode='tensor')


@pytest.mark.parametrize('name', CONFIGS)
def test_everything_that_a_config_names_exists(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no file is at hand
    cfg = load(name)
    assert cfg.custom_imports.imports == ['daffnet_mm']
    assert cfg.default_scope == 'mmpretrain'
    # As a runner does; steps inside RandomChoice are looked up there.
    init_default_scope(cfg.default_scope)
    assert DATA_SAMPLERS.get(cfg.train_dataloader.sampler.type)
    for hook in [*cfg.default_hooks.values(), *cfg.get('custom_hooks', ())]:
        if hook is not None:
            assert HOOKS.get(hook.type), hook.type
            average = hook.get('ema_type', 'ExponentialMovingAverage')
            assert MODELS.get(average), average
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
    build(name)
    let_shapes_through(json.dumps(architecture(cfg), sort_keys=True))


@pytest.mark.parametrize('name', CONFIGS)
def test_data_and_model_have_the_same_classes(name):
    cfg = load(name)
    data = cfg.test_dataloader.dataset
    classes = (
        data.get('classes') or DATASETS.get(data.type).METAINFO['classes']
    )
    # A MAP may be without its auxiliary classifier.
    assert classes_of(cfg) in (len(classes), None)
    # MAP's targets are mixed as they are, other heads' as scores.
    if (
        cfg.model.get('train_cfg')
        and cfg.data_preprocessor.type != 'MixingDataPreprocessor'
    ):
        assert cfg.data_preprocessor.num_classes == len(classes)


# -- one step ----------------------------------------------------------------


def narrow(cfg, size=64):
    """A quarter of the channels, and a shallow transformer."""
    if isinstance(cfg, list):
        return [narrow(value, size) for value in cfg]
    if not isinstance(cfg, dict):
        return cfg
    cfg = {key: narrow(value, size) for key, value in cfg.items()}
    kind = cfg.get('type')
    if kind in ('ResNet', 'EPSAResNet') and 'base_channels' not in cfg:
        cfg.update(base_channels=16, stem_channels=16)
    if kind == 'VisionTransformer':
        cfg.update(
            img_size=size,
            arch=dict(
                embed_dims=96,
                num_layers=2,
                num_heads=4,
                feedforward_channels=192,
            ),
        )
    if kind == 'DualResDenseNet' and cfg['in_channels']['resnet'] == 1024:
        cfg['in_channels']['resnet'] = 256
    head, backbone = cfg.get('head'), cfg.get('backbone')
    if head and backbone:
        if backbone['type'] == 'VisionTransformer':
            head['in_channels'] = 96
        elif head.get('in_channels') == 2048:
            head['in_channels'] = 512
    return cfg


def distinct_architectures():
    found = {}
    for name in CONFIGS:
        text = json.dumps(narrow(architecture(load(name))), sort_keys=True)
        found.setdefault(text, name)
    return list(found.values())


def sample_batch(size, num_classes):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(
        256, (2, 3, size, size), dtype=torch.uint8, generator=generator
    )
    samples = []
    for label in (0, num_classes - 1):
        # One name, for those who compare two looks at one cell.
        sample = DataSample(metainfo=dict(img_path='cell.png'))
        sample.set_gt_label(label)
        sample.set_field(
            torch.tensor([label % size for size in ATTRIBUTE_SIZES]),
            'gt_attributes',
        )
        samples.append(sample)
    return dict(inputs=list(images), data_samples=samples)


@pytest.mark.parametrize('name', distinct_architectures())
def test_one_step(name):
    torch.manual_seed(0)
    cfg = load(name)
    MMLogger.get_current_instance().setLevel('ERROR')
    model = MODELS.build(
        dict(
            narrow(without_checkpoints(cfg.model.to_dict())),
            data_preprocessor=copy.deepcopy(cfg.data_preprocessor),
        )
    )
    model.train()
    wrapper = Runner.build_optim_wrapper(
        type('Bare', (), dict(model=model)), cfg.optim_wrapper
    )
    backbone = cfg.model.backbone or cfg.model.neck.predictor.backbone
    size = 96 if backbone.type == 'InceptionV3' else 64
    parameters = dict(model.named_parameters())
    before = {n: p.detach().clone() for n, p in parameters.items()}
    learning = set()
    for name, parameter in parameters.items():
        if parameter.requires_grad:
            parameter.register_post_accumulate_grad_hook(
                lambda p, name=name: learning.add(name)
            )
    losses = model.train_step(
        sample_batch(size, classes_of(cfg) or 5), wrapper
    )
    assert torch.isfinite(losses['loss'])
    assert learning == {
        name
        for name, parameter in parameters.items()
        if parameter.requires_grad
        # A MAP that is trained along is not asked for the class.
        and not name.startswith('neck.predictor.head.fc_classes')
    }
    moved = {
        name
        for name, parameter in parameters.items()
        if not torch.equal(parameter, before[name])
    }
    assert moved and moved <= learning
    assert all(torch.isfinite(p).all() for p in parameters.values())
