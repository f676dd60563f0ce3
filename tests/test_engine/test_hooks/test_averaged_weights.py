"""MMPretrain's EMAHook with our checkpoints, as the configs use it."""

import copy

import pytest
import torch
from mmengine.runner import Runner
from mmpretrain.registry import MODELS
from tiny_run import (
    PREDICTOR,
    InterruptHook,
    Interruption,
    RecordHook,
    ScriptHook,
    assert_same,
    tiny_config,
    train,
    weights,
)

#: A MAP with averaged weights and every hook that its options need; the
#: scores make the second of three epochs the best.
OPTIONS = {
    'model': dict(
        _delete_=True,
        **{
            **PREDICTOR,
            'head': dict(
                PREDICTOR['head'],
                num_features=16,
                loss=dict(
                    type='DSLLoss', label_smoothing=0.1, class_balance=0.9
                ),
            ),
        },
    ),
    'custom_hooks': [
        dict(
            type='EMAHook',
            ema_type='MomentumAnnealingEMA',
            momentum=0.1,
            gamma=2,
            update_buffers=True,
        ),
        dict(type='CountValuesHook'),
    ],
    'val_evaluator': dict(
        _delete_=True, type='ScriptedMetric', scores=[10.0, 50.0, 20.0]
    ),
}


class RecordAverages(RecordHook):
    """Keep the averaged weights beside the plain ones."""

    def __init__(self):
        super().__init__()
        self.averaged = {}

    def _record(self, runner, key):
        super()._record(runner, key)
        (ema,) = (h for h in runner.hooks if hasattr(h, 'ema_model'))
        self.averaged[key] = copy.deepcopy(ema.ema_model.module.state_dict())


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('averaged')
    record = RecordAverages()
    train(tiny_config(work_dir, **OPTIONS), ScriptHook(), record)
    return work_dir, record


def test_the_published_weights_are_the_averaged_ones(run):
    work_dir, record = run
    published = weights(work_dir / 'best.pth')
    assert_same(published, record.averaged[2])
    name = 'head.fc.weight'
    assert not torch.allclose(published[name], record.states[2][name])
    # the test was of the same weights
    assert_same(record.states['test'], published)


def test_a_resumed_run_publishes_the_same(run, tmp_path):
    work_dir, _ = run
    with pytest.raises(Interruption):
        train(
            tiny_config(tmp_path, **OPTIONS),
            ScriptHook(),
            InterruptHook('before_train_iter', epoch=2, batch_idx=1),
        )
    train(tiny_config(tmp_path, resume=True, **OPTIONS), ScriptHook())
    for name in ('best.pth', 'epoch_3.pth'):
        assert_same(weights(work_dir / name), weights(tmp_path / name))
    assert (tmp_path / 'evaluation' / 'wbc_metrics.json').read_text() == (
        work_dir / 'evaluation' / 'wbc_metrics.json'
    ).read_text()


def test_the_next_stage_takes_them(run):
    work_dir, record = run
    cfg = copy.deepcopy(OPTIONS['model'])
    del cfg['_delete_']
    cfg['init_cfg'] = dict(
        type='Pretrained', checkpoint=str(work_dir / 'best.pth')
    )
    model = MODELS.build(cfg)
    model.init_weights()
    assert_same(model.state_dict(), record.averaged[2])


def test_testing_with_symmetries(run, tmp_path):
    """What tools/test.py --tta makes of a config with a tta_model."""
    work_dir, record = run
    cfg = tiny_config(
        tmp_path, load_from=str(work_dir / 'best.pth'), **OPTIONS
    )
    cfg.model = dict(type='SymmetryTTAModel', module=cfg.model)
    runner = Runner.from_cfg(cfg)
    assert 'wbc/accuracy' in runner.test()
    assert_same(runner.model.module.state_dict(), record.averaged[2])
