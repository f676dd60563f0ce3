import logging
from types import SimpleNamespace

import pytest
import torch
from mmpretrain.registry import HOOKS, MODELS

from daffnet_lite.errors import InputError
from daffnet_mm.models.losses import DSLLoss


class Annotations:
    """A dataset of attributes, without images."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def get_data_info(self, idx):
        return dict(gt_attributes=torch.tensor(self.rows[idx]))


def run_hook(rows, model=None):
    if model is None:
        model = MODELS.build(
            dict(
                type='MAPHead',
                in_channels=4,
                num_features=3,
                attributes=dict(size=('big', 'small'), hue=('r', 'g', 'b')),
                loss=dict(type='DSLLoss', class_balance=0.5),
            )
        )
    runner = SimpleNamespace(
        model=model,
        train_dataloader=SimpleNamespace(dataset=Annotations(rows)),
        logger=logging.getLogger('test'),
    )
    HOOKS.build(dict(type='CountValuesHook')).before_train(runner)
    return model


def test_counts():
    rows = [[0, 2], [0, -1], [1, 0], [0, 2], [-1, -1]]
    head = run_hook(rows)
    log_probs = torch.tensor([[[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]]]).log()
    truth = torch.tensor([[0, 2]])
    told = DSLLoss(class_balance=0.5, value_counts=[[3, 1], [1, 0, 2]])
    torch.testing.assert_close(
        head.loss_module(log_probs, truth), told(log_probs, truth)
    )


def test_what_cannot_be_counted():
    with pytest.raises(InputError, match='no training sample has a known'):
        run_hook([[-1, -1]] * 3)
    with pytest.raises(InputError, match='has none'):
        run_hook([[0, 0]], torch.nn.Linear(2, 2))
