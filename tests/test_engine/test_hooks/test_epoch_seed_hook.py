import random

import numpy as np
import pytest
import torch
from mmcv.transforms import BaseTransform
from mmengine.hooks import Hook
from mmpretrain.registry import TRANSFORMS
from tiny_run import InterruptHook, Interruption, tiny_config, train


@TRANSFORMS.register_module(force=True)
class Dice(BaseTransform):
    """A transform whose random numbers can be read from the batch."""

    def transform(self, results):
        results['dice'] = [
            random.random(),
            float(np.random.rand()),
            float(torch.rand(())),
        ]
        return results


class ReadDice(Hook):
    """Keep the random numbers of each sample by epoch, and draw one here."""

    def __init__(self):
        self.drawn = {}

    def before_train_iter(self, runner, batch_idx, data_batch):
        self.drawn.setdefault(runner.epoch, []).extend(
            sample.dice for sample in data_batch['data_samples']
        )
        self.drawn[runner.epoch].append(
            [random.random(), float(np.random.rand()), float(torch.rand(()))]
        )


def config(work_dir, num_workers, seed=0):
    cfg = tiny_config(
        work_dir,
        **{
            'train_dataloader.num_workers': num_workers,
            'train_dataloader.batch_size': 4,
            'train_dataloader.dataset.num_samples': 8,
            'val_dataloader.dataset.num_samples': 2,
            'test_dataloader.dataset.num_samples': 2,
            'randomness.seed': seed,
            'resume': True,
        },
    )
    cfg.train_dataloader.dataset.pipeline = [
        dict(type='LoadSyntheticCell'),
        dict(type='Dice'),
        dict(type='PackInputs', meta_keys=('dice',)),
    ]
    return cfg


@pytest.mark.parametrize('num_workers', [0, 1, 2])
def test_each_epoch_draws_its_own_and_a_resumed_one_the_same(
    tmp_path, num_workers
):
    whole, first, second = ReadDice(), ReadDice(), ReadDice()
    train(config(tmp_path / 'whole', num_workers), whole)
    drawn = [
        number
        for epoch in range(3)
        for dice in whole.drawn[epoch]
        for number in dice
    ]
    # nothing twice, neither in an epoch nor in the next
    assert len(set(drawn)) == len(drawn) == 3 * 10 * 3

    with pytest.raises(Interruption):
        train(
            config(tmp_path / 'parts', num_workers),
            first,
            InterruptHook('after_train_iter', 1, 0),
        )
    train(config(tmp_path / 'parts', num_workers), second)
    assert first.drawn[0] == whole.drawn[0]
    assert second.drawn.keys() == {1, 2}
    for epoch in (1, 2):
        assert second.drawn[epoch] == whole.drawn[epoch]


def test_the_seed_matters(tmp_path):
    drawn = []
    for seed in (0, 1):
        dice = ReadDice()
        train(config(tmp_path / str(seed), 0, seed), dice)
        drawn.append({tuple(d) for e in dice.drawn.values() for d in e})
    assert not drawn[0] & drawn[1]
