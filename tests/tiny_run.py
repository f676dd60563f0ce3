"""Trainings of seconds, and ways to interrupt them."""

import copy
import itertools
import os
import signal
from pathlib import Path

import torch
from mmengine import Config
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS, METRICS

CONFIG = Path(__file__).parent / 'data' / 'tiny.py'
_numbers = itertools.count()

#: The small MAP that stage 3 of a tiny run may have inside.
PREDICTOR = dict(
    type='ImageClassifier',
    backbone=dict(type='ResNet', depth=18, base_channels=8, stem_channels=8),
    head=dict(type='MAPHead', in_channels=64, num_classes=5),
)


def tiny_config(work_dir, **options):
    """Read the config; options with dots, as on the command line."""
    cfg = Config.fromfile(CONFIG)
    cfg.work_dir = str(work_dir)
    # merging takes the `_delete_` away from what it is given
    cfg.merge_from_dict(copy.deepcopy(options))
    # MMEngine keeps its loggers and message hubs by this name.
    cfg.experiment_name = f'tiny_{os.getpid()}_{next(_numbers)}'
    return cfg


def daffnet_model(init_cfg=None):
    """The model of stage 3, for `tiny_config`."""
    return dict(
        _delete_=True,
        type='DAFFNet',
        backbone=dict(
            type='EPSAResNet', depth=18, base_channels=8, stem_channels=8
        ),
        neck=dict(
            type='MFE',
            predictor=dict(PREDICTOR, init_cfg=init_cfg),
            encoder=dict(type='MorphologicalAttributeEncoder'),
        ),
        head=dict(type='FusionHead', num_classes=5, in_channels=64),
    )


def train(cfg, *hooks):
    """Train, with further hooks; gives the runner."""
    runner = Runner.from_cfg(cfg)
    for hook in hooks:
        runner.register_hook(hook)
    runner.train()
    return runner


def weights(path):
    """The state dict of a checkpoint."""
    return torch.load(path, weights_only=True)['state_dict']


def assert_same(first, second):
    """Compare two state dicts, to float tolerance."""
    assert first.keys() == second.keys()
    for name, value in first.items():
        torch.testing.assert_close(
            value, second[name], msg=lambda text, n=name: f'{n}: {text}'
        )


class Interruption(Exception):  # noqa: N818
    """What `InterruptHook` raises."""


class InterruptHook(Hook):
    """Stop a training at one place, as Ctrl-C would.

    Args:
        place (str): The hook's method, such as ``'before_val_epoch'``.
        epoch (int): The number of epochs that have ended there.
        batch_idx (int): The iteration, where there is one.
        priority (str): Whether before or after the other hooks.
    """

    def __init__(self, place, epoch, batch_idx=0, priority='VERY_HIGH'):
        self.epoch = epoch
        self.batch_idx = batch_idx
        self.priority = priority
        setattr(self, place, self._interrupt)

    def _interrupt(self, runner, batch_idx=None, **kwargs):
        if runner.epoch == self.epoch and batch_idx in (None, self.batch_idx):
            raise Interruption


class StopHook(Hook):
    """End a run before it trains, when the other hooks have let it pass."""

    priority = 'LOWEST'

    def before_train(self, runner):
        raise StopIteration


@HOOKS.register_module()
class KillHook(Hook):
    """Kill the process in the middle of an epoch."""

    def __init__(self, epoch, batch_idx):
        self.epoch = epoch
        self.batch_idx = batch_idx

    def after_train_iter(self, runner, batch_idx, **kwargs):
        if runner.epoch == self.epoch and batch_idx == self.batch_idx:
            os.kill(os.getpid(), signal.SIGKILL)


@HOOKS.register_module()
class DumpHook(Hook):
    """Write what each process has at the end of each epoch."""

    priority = 'LOWEST'

    def after_train_epoch(self, runner):
        state = {k: v.clone() for k, v in runner.model.state_dict().items()}
        rank = os.environ.get('RANK', '0')
        torch.save(state, Path(runner.work_dir, f'rank{rank}.pth'))


class RecordHook(Hook):
    """Keep the weights before the first and after each epoch."""

    priority = 'VERY_LOW'

    def __init__(self):
        self.states = {}

    def before_train_epoch(self, runner):
        self._record(runner, runner.epoch)

    def after_train_epoch(self, runner):
        self._record(runner, runner.epoch + 1)

    def before_test_epoch(self, runner):
        self._record(runner, 'test')

    def _record(self, runner, key):
        self.states[key] = {
            name: value.detach().clone()
            for name, value in runner.model.state_dict().items()
        }


@METRICS.register_module()
class ScriptedMetric(BaseMetric):
    """Scores that stand fixed for each epoch, as ``wbc/accuracy``."""

    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def process(self, data_batch, data_samples):
        self.results += data_samples

    def compute_metrics(self, results):
        return {'wbc/accuracy': self.scores[self.epoch - 1]}


class ScriptHook(Hook):
    """Tell `ScriptedMetric` the epoch."""

    def before_val_epoch(self, runner):
        for metric in runner.val_evaluator.metrics:
            metric.epoch = runner.epoch
