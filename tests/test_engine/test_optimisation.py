"""Mixed precision and gradient accumulation with our models and hooks."""

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from tiny_run import (
    PREDICTOR,
    assert_same,
    daffnet_model,
    tiny_config,
    train,
    weights,
)


class CountSteps(Hook):
    """Note after each iteration whether the weights have changed."""

    def __init__(self):
        self.stepped = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.before = runner.model.head.classifier.weight.detach().clone()

    def after_train_iter(self, runner, batch_idx, **kwargs):
        now = runner.model.head.classifier.weight
        self.stepped.append(not torch.equal(self.before, now))


def one_epoch(work_dir, **options):
    """An epoch of 32 cells whose result does not depend on the batches.

    No batch statistics, nothing random but the order of the cells, and plain
    gradient descent, which does not blow up the smallest differences.
    """
    cfg = tiny_config(
        work_dir,
        **{
            'train_cfg.max_epochs': 1,
            'train_dataloader.dataset.num_samples': 32,
            'model.backbone.norm_cfg': dict(type='GN', num_groups=2),
            'model.head.dropout': 0.0,
            'optim_wrapper': dict(
                _delete_=True, optimizer=dict(type='SGD', lr=0.5)
            ),
            **options,
        },
    )
    cfg.train_dataloader.dataset.pipeline = cfg.test_pipeline
    cfg.param_scheduler = []
    return cfg


def test_two_half_batches_are_one_batch(tmp_path):
    whole, halves = CountSteps(), CountSteps()
    train(one_epoch(tmp_path / 'whole'), whole)
    cfg = one_epoch(
        tmp_path / 'halves',
        **{
            'train_dataloader.batch_size': 8,
            'optim_wrapper.accumulative_counts': 2,
        },
    )
    train(cfg, halves)
    assert whole.stepped == [True, True]
    assert halves.stepped == [False, True, False, True]
    first = weights(tmp_path / 'whole' / 'epoch_1.pth')
    second = weights(tmp_path / 'halves' / 'epoch_1.pth')
    assert_same(first, second)


@pytest.mark.parametrize('model', ['classifier', 'daffnet', 'map'])
def test_mixed_precision(tmp_path, model):
    """One step as --amp takes it, in the type that CPUs have for it."""
    options = {}
    if model == 'daffnet':
        options['model'] = daffnet_model()
    elif model == 'map':
        options['model'] = dict(PREDICTOR, _delete_=True)
    cfg = tiny_config(tmp_path, **options)
    runner = Runner.from_cfg(cfg)
    model = runner.model
    model.init_weights()
    model.train()
    (batch, *_) = runner.build_dataloader(cfg.train_dataloader)
    kinds = []
    model.backbone.layer1[0].conv1.register_forward_hook(
        lambda module, args, output: kinds.append(output.dtype)
    )
    with torch.autocast('cpu', torch.bfloat16):
        data = model.data_preprocessor(batch, training=True)
        losses = model(**data, mode='loss')
    loss, _ = model.parse_losses(losses)
    loss.backward()
    assert kinds == [torch.bfloat16]
    # losses are summed up in full precision
    assert loss.dtype == torch.float32 and loss.isfinite()
    gradients = {
        name: p.grad for name, p in model.named_parameters() if p.requires_grad
    }
    for name, gradient in gradients.items():
        assert gradient is not None and gradient.isfinite().all(), name
        assert gradient.dtype == torch.float32


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_mixed_precision_on_a_gpu(tmp_path):
    train(
        tiny_config(
            tmp_path,
            **{
                'model': daffnet_model(),
                'optim_wrapper.type': 'AmpOptimWrapper',
                'optim_wrapper.loss_scale': 'dynamic',
            },
        )
    )
    state = weights(tmp_path / 'best.pth')
    assert {v.dtype for v in state.values()} == {torch.float32, torch.int64}
    assert all(value.isfinite().all() for value in state.values())
