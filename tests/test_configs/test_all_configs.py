"""Every config builds, and every architecture learns.

Models are built on the meta device, where parameters take neither memory nor
time, and once where configs have the same. The steps are those of the real
optimiser, on narrow copies.
"""

import copy
import json
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from mmpretrain.registry import DATA_SAMPLERS, DATASETS, HOOKS, METRICS, MODELS
from mmpretrain.structures import DataSample
from torch.overrides import TorchFunctionMode

from daffnet_mm.structures import ATTRIBUTE_SIZES

FOLDER = Path(__file__).resolve().parents[2] / 'configs'
CONFIGS = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob('*.py')
    if '_base_' not in path.parts
)
DATASET_BASES = ('pbc', 'lisc', 'raabin', 'bccd', 'ldwbc', 'labelled')
#: The dataset that a config has unless WBC_DATASET names another.
DEFAULTS = {'scam': 'ldwbc', 'peers': 'pbc', 'daffnet': 'pbc'}
#: One of each family of configs that take their dataset from WBC_DATASET.
FAMILIES = (
    'daffnet/variants/sa-none.py',
    'peers/inception-v3.py',
    'scam/ablation/alpha-0.0.py',
    'scam/peers/vit-base.py',
)


class LinspaceOnCPU(TorchFunctionMode):
    """Keep ``torch.linspace`` off the meta device.

    MMPretrain's networks read the rates of stochastic depth out of one.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.linspace:
            kwargs['device'] = 'cpu'
        return func(*args, **kwargs)


@pytest.fixture(autouse=True)
def default_datasets(monkeypatch):
    monkeypatch.delenv('WBC_DATASET', raising=False)


@cache
def load(name, dataset=None):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv('WBC_DATASET', raising=False)
        if dataset:
            patch.setenv('WBC_DATASET', dataset)
        return Config.fromfile(FOLDER / name)


def classifier(cfg):
    """The part that knows the number of classes."""
    backbone = cfg.model.backbone
    return backbone if 'num_classes' in backbone else cfg.model.head


def without_checkpoints(cfg):
    """Leave out what does not change the architecture."""
    if isinstance(cfg, dict):
        return {
            key: without_checkpoints(value)
            for key, value in cfg.items()
            if key not in ('init_cfg', 'predictor_config')
        }
    if isinstance(cfg, (list, tuple)):
        return [without_checkpoints(value) for value in cfg]
    return cfg


def architecture(cfg):
    """What tells one model from another: not its classes, nor alpha."""
    cfg = copy.deepcopy(cfg)
    if classifier(cfg).get('num_classes'):
        classifier(cfg).num_classes = 5
    model = without_checkpoints(cfg.model.to_dict())
    if (model.get('train_cfg') or {}).keys() <= {'augments'}:
        model.pop('train_cfg', None)
    return model


@cache
def build_on_meta(text):
    """Build a model, and let shapes go through it.

    What the attributes' probabilities are picked by has no shape on the meta
    device, so DAFFNet's branches go without their fusion; that is seen when a
    step is taken.
    """
    cfg = json.loads(text)
    with torch.device('meta'), LinspaceOnCPU():
        model = MODELS.build(cfg).eval()
        images = torch.empty(2, 3, 224, 224)
        if cfg['type'] == 'DAFFNet':
            model.neck.predictor(images, mode='tensor')
            model.extract_feat(images, stage='backbone')
        else:
            model(images, mode='tensor')
    assert all(p.is_meta for p in model.parameters())


def datasets(cfg):
    """All datasets in a dataset's config, those in wrappers included."""
    found = [cfg]
    for inner in [*cfg.get('datasets', ()), cfg.get('dataset')]:
        found += datasets(inner) if inner else []
    return found


def check(cfg):
    """Build what a config names, but for its data."""
    assert DATA_SAMPLERS.get(cfg.train_dataloader.sampler.type)
    for hook in [*cfg.default_hooks.values(), *cfg.get('custom_hooks', ())]:
        assert hook is None or HOOKS.get(hook.type), hook.type
    for part in ('train', 'val', 'test'):
        for dataset in datasets(cfg[f'{part}_dataloader'].dataset):
            assert DATASETS.get(dataset.type), dataset.type
    evaluators = cfg.test_evaluator
    for metric in evaluators if isinstance(evaluators, list) else [evaluators]:
        METRICS.build(metric)
    build_on_meta(json.dumps(architecture(cfg), sort_keys=True))


@pytest.mark.parametrize('name', CONFIGS)
def test_builds_on_the_meta_device(name):
    check(load(name))


@pytest.mark.parametrize('dataset', DATASET_BASES)
@pytest.mark.parametrize('name', FAMILIES)
def test_families_build_for_every_dataset(name, dataset):
    cfg = load(name, dataset)
    check(cfg)
    assert cfg.work_dir.endswith(f'_{dataset}')


@pytest.mark.parametrize(
    ('name', 'dataset'),
    [
        *((name, None) for name in CONFIGS),
        *((name, d) for name in FAMILIES for d in DATASET_BASES),
    ],
)
def test_data_and_model_have_the_same_classes(name, dataset):
    cfg = load(name, dataset)
    data = cfg.test_dataloader.dataset
    classes = (
        data.get('classes') or DATASETS.get(data.type).METAINFO['classes']
    )
    # A MAP may be without its auxiliary classifier.
    assert classifier(cfg).num_classes in (len(classes), None)
    mixed = cfg.model.get('train_cfg')
    # MAP's targets are mixed as they are, other heads' as scores.
    if mixed and cfg.data_preprocessor.type != 'MixingDataPreprocessor':
        assert cfg.data_preprocessor.num_classes == len(classes)


def test_a_dataset_is_named_once():
    """A config that takes its dataset from outside says so in its folder."""
    for name in CONFIGS:
        text = (FOLDER / name).read_text(encoding='utf-8')
        if '{{$WBC_DATASET' in text:
            default = DEFAULTS[name.split('/')[0]]
            assert f'{{{{$WBC_DATASET:{default}}}}}' in text
            cfg = load(name)
            assert cfg.work_dir.startswith('work_dirs/')
            assert cfg.work_dir.endswith(f'_{default}')


@pytest.mark.parametrize(
    'name', [name for name in CONFIGS if name.startswith('scam/ablation')]
)
def test_ablations_of_scam_have_a_small_scale(name):
    check(load(name, 'tiny_pbc5'))


def test_work_folders_differ():
    folders = [cfg.work_dir for cfg in map(load, CONFIGS) if 'work_dir' in cfg]
    assert len(set(folders)) == len(folders)


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
        try:
            cfg = load(name)
        except Exception:  # test_builds_on_the_meta_device tells which
            continue
        text = json.dumps(narrow(architecture(cfg)), sort_keys=True)
        found.setdefault(text, name)
    return list(found.values())


def sample_batch(size, num_classes):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(
        256, (2, 3, size, size), dtype=torch.uint8, generator=generator
    )
    samples = []
    for label in (0, num_classes - 1):
        sample = DataSample().set_gt_label(label)
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
    size = 96 if cfg.model.backbone.type == 'InceptionV3' else 64
    parameters = dict(model.named_parameters())
    before = {n: p.detach().clone() for n, p in parameters.items()}
    learning = set()
    for name, parameter in parameters.items():
        if parameter.requires_grad:
            parameter.register_post_accumulate_grad_hook(
                lambda p, name=name: learning.add(name)
            )
    losses = model.train_step(
        sample_batch(size, classifier(cfg).num_classes or 5), wrapper
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
