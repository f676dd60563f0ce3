"""Small models and samples that the tests of several components share."""

import pytest
import torch
from mmpretrain.structures import DataSample

from daffnet_lite.structures import ATTRIBUTE_SIZES


@pytest.fixture
def map_cfg():
    """Config of a small MAP, as stage 1 trains it."""

    def make(base_channels=8, num_classes=5, **kwargs):
        return dict(
            type='ImageClassifier',
            backbone=dict(
                type='ResNet',
                depth=18,
                base_channels=base_channels,
                stem_channels=base_channels,
            ),
            head=dict(
                type='MAPHead',
                in_channels=8 * base_channels,
                num_features=20,
                num_classes=num_classes,
            ),
            **kwargs,
        )

    return make


@pytest.fixture
def daffnet_cfg(map_cfg):
    """Config of a small DAFFNet; arguments go to the neck."""

    def make(**neck):
        with_encoder = neck.get('encoder', True) is not None
        return dict(
            type='DAFFNet',
            backbone=dict(
                type='EPSAResNet',
                depth=18,
                base_channels=16,
                stem_channels=16,
                spatial_attention=dict(type='SpatialAttention'),
            ),
            neck={'type': 'MFE', 'predictor': map_cfg(), **neck},
            head=dict(
                type='FusionHead',
                num_classes=5,
                in_channels=128,
                num_features=30,
                morphological_channels=128 if with_encoder else 31,
            ),
        )

    return make


@pytest.fixture
def cells():
    """Samples with class and attributes, every value occurring."""

    def make(number):
        samples = []
        for i in range(number):
            sample = DataSample().set_gt_label(i % 5)
            sample.set_field(
                torch.tensor([i % size for size in ATTRIBUTE_SIZES]),
                'gt_attributes',
            )
            samples.append(sample)
        return samples

    return make


@pytest.fixture
def plain_cfg():
    """Config of a small classifier without attributes."""
    return dict(
        type='ImageClassifier',
        backbone=dict(
            type='ResNet', depth=18, base_channels=8, stem_channels=8
        ),
        head=dict(
            type='FusionHead',
            num_classes=5,
            in_channels=64,
            morphological_channels=0,
        ),
    )


@pytest.fixture
def contradiction():
    """Scores: granularity "no", but a type and a colour, each more likely."""
    scores = torch.cat([torch.full((n,), 1 / n) for n in ATTRIBUTE_SIZES])
    scores[21:25] = torch.tensor([0.7, 0.3, 0.0, 0.0])
    scores[25:29] = torch.tensor([0.4, 0.6, 0.0, 0.0])
    scores[29:] = torch.tensor([0.6, 0.4])
    return scores


@pytest.fixture
def imagenet_classifier(tmp_path):
    """A layer of 12 to 7, and the initialisation that reads it."""
    path = str(tmp_path / 'imagenet.pth')
    weights = {
        'backbone.conv1.weight': torch.zeros(1),
        'head.fc.weight': torch.randn(7, 12),
        'head.fc.bias': torch.randn(7),
    }
    torch.save(dict(state_dict=weights), path)
    return weights, [
        dict(type='Normal', layer='Linear', std=0.01),
        dict(type='Pretrained', checkpoint=path, prefix='head.'),
    ]


@pytest.fixture
def count():
    """Count a module's parameters."""
    return lambda module: sum(p.numel() for p in module.parameters())
