"""Mixup as Chen et al.'s configs set it up (equations 1 and 2)."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

MODEL = (
    Path(__file__).resolve().parents[2]
    / 'configs/_base_/models/dual_res_densenet.py'
)


def classifier(train_cfg):
    return MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(
                type='ResNet', depth=18, base_channels=4, stem_channels=4
            ),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(type='LinearClsHead', num_classes=3, in_channels=32),
            data_preprocessor=dict(num_classes=3),
            train_cfg=train_cfg,
        )
    )


def batch(labels=(2, 0)):
    images = torch.stack([torch.full((3, 32, 32), v) for v in (100.0, 20.0)])
    samples = [DataSample().set_gt_label(label) for label in labels]
    return dict(inputs=images, data_samples=samples)


@pytest.fixture
def draw(monkeypatch):
    """Weight 0.75, and each image mixed with the other."""
    drawn = []

    def beta(a, b):
        drawn.append((a, b))
        return 0.75

    monkeypatch.setattr(np.random, 'beta', beta)
    monkeypatch.setattr(torch, 'randperm', lambda n: torch.tensor([1, 0]))
    return drawn


def test_images_and_targets_by_hand(draw):
    train_cfg = Config.fromfile(MODEL).model.train_cfg
    data = classifier(train_cfg).data_preprocessor(batch(), training=True)
    assert draw == [(0.2, 0.2)]
    # 0.75 * 100 + 0.25 * 20, and 0.75 * 20 + 0.25 * 100
    assert data['inputs'].flatten(1).unique(dim=1).tolist() == [[80.0], [40.0]]
    targets = torch.stack([s.gt_score for s in data['data_samples']])
    torch.testing.assert_close(
        targets, torch.tensor([[0.25, 0, 0.75], [0.75, 0, 0.25]])
    )


def test_loss_by_hand(draw):
    train_cfg = Config.fromfile(MODEL).model.train_cfg
    head = classifier(train_cfg).head
    data = classifier(train_cfg).data_preprocessor(batch(), training=True)
    head.fc.weight.data.zero_()
    # probabilities 1/2, 1/4, 1/4 for every image
    head.fc.bias.data = torch.tensor([np.log(2.0), 0.0, 0.0]).float()
    loss = head.loss((torch.zeros(2, 32),), data['data_samples'])['loss']
    first = 0.25 * np.log(2) + 0.75 * np.log(4)
    second = 0.75 * np.log(2) + 0.25 * np.log(4)
    assert loss.item() == pytest.approx((first + second) / 2)
