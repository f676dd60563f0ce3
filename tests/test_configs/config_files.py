"""The configs, and what their tests have in common."""

import copy
from functools import cache
from pathlib import Path

import torch
from foreign_backbones import LinspaceOnCPU
from mmengine.config import Config
from mmpretrain.registry import MODELS

FOLDER = Path(__file__).resolve().parents[2] / 'configs'
#: Everything that can be trained, below that folder.
CONFIGS = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob('*.py')
    if '_base_' not in path.parts
)


@cache
def load(name):
    return Config.fromfile(FOLDER / name)


@cache
def build(name):
    """Build a config's model without memory for its parameters."""
    # Building moves settings from one part to another.
    cfg = copy.deepcopy(load(name))
    with torch.device('meta'), LinspaceOnCPU():
        return MODELS.build(
            dict(cfg.model, data_preprocessor=cfg.data_preprocessor)
        )


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


def count(module):
    return sum(p.numel() for p in module.parameters())


def datasets(cfg):
    """All datasets in a dataset's config, those in wrappers included."""
    found = [cfg]
    for inner in [*cfg.get('datasets', ()), cfg.get('dataset')]:
        found += datasets(inner) if inner else []
    return found


def pipelines(cfg, part):
    """Each way through the pipelines of a part, whatever they choose."""
    return [
        way
        for dataset in datasets(cfg[f'{part}_dataloader'].dataset)
        if 'pipeline' in dataset
        for way in _ways(dataset.pipeline)
    ]


def _ways(pipeline):
    found = [[]]
    for transform in pipeline:
        chosen = (
            transform.transforms
            if transform.type == 'RandomChoice'
            else [[transform]]
        )
        found = [before + list(way) for before in found for way in chosen]
    return found


def difference(cfg, other, path=''):
    """The keys, dotted, in which two configs differ."""
    if not (isinstance(cfg, dict) and isinstance(other, dict)):
        return set() if cfg == other else {path}
    return set().union(
        *(
            difference(
                cfg.get(key), other.get(key), f'{path}.{key}'.lstrip('.')
            )
            for key in {*cfg, *other}
        )
    )


def differing(name, other):
    """The keys, dotted, in which two config files differ."""
    return difference(load(name).to_dict(), load(other).to_dict())


def classes_of(cfg):
    """The number of classes that a model tells apart."""
    backbone = cfg.model.backbone
    # MMPretrain's Inception v3 has its classifier in the backbone.
    part = backbone if 'num_classes' in (backbone or {}) else cfg.model.head
    return part.num_classes
