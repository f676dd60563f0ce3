import copy
import json

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.hooks import Hook
from tiny_run import tiny_config, train

from daffnet_lite.errors import InputError


class Reference(Hook):
    """The accuracy on the whole training part, the plain way."""

    priority = 'VERY_LOW'

    def __init__(self):
        self.values = []

    @torch.no_grad()
    def before_val_epoch(self, runner):
        dataset = copy.copy(runner.train_dataloader.dataset)
        dataset.pipeline = runner.val_dataloader.dataset.pipeline
        samples = runner.model.val_step(
            pseudo_collate([dataset[i] for i in range(len(dataset))])
        )
        right = [int(s.pred_label) == int(s.gt_label) for s in samples]
        self.values.append(100 * sum(right) / len(right))


@pytest.mark.parametrize('mixup', [False, True])
def test_it_logs_the_accuracy(tmp_path, mixup):
    cfg = tiny_config(
        tmp_path,
        custom_hooks=[dict(type='TrainingAccuracyHook')],
        train_cfg=dict(max_epochs=2),
        test_dataloader=None,
        test_cfg=None,
        test_evaluator=None,
    )
    if mixup:
        cfg.data_preprocessor.num_classes = 5
        cfg.model.train_cfg = dict(augments=dict(type='Mixup', alpha=0.2))
    reference = Reference()
    runner = train(cfg, reference)
    (log,) = tmp_path.glob('*/vis_data/scalars.json')
    lines = map(json.loads, log.read_text().splitlines())
    values = [s['train_accuracy'] for s in lines if 'train_accuracy' in s]
    assert values == pytest.approx(reference.values)
    assert runner.train_dataloader.dataset.pipeline is not (
        runner.val_dataloader.dataset.pipeline
    )


@pytest.mark.parametrize('kind', ['TaxonomyDataset', 'MixedDataset'])
def test_a_mixture_is_refused(tmp_path, kind):
    cfg = tiny_config(
        tmp_path, custom_hooks=[dict(type='TrainingAccuracyHook')]
    )
    inner = cfg.train_dataloader.dataset
    cfg.train_dataloader.dataset = (
        dict(type=kind, dataset=inner)
        if kind == 'TaxonomyDataset'
        else dict(type=kind, datasets=[inner])
    )
    with pytest.raises(InputError, match=kind):
        train(cfg)
