"""Early stopping, and the validation at the start of a resumed run.

The scores are scripted; a run is interrupted wherever it can be, resumed, and
held against one that was not.
"""

import pytest
import torch
from mmengine.hooks import Hook
from tiny_run import (
    InterruptHook,
    Interruption,
    ScriptHook,
    assert_same,
    tiny_config,
    train,
    weights,
)

#: By hand: best is epoch 2; epochs 3 to 5 are not better, so that a patience
#: of 3 ends the run behind epoch 5, before the good epoch 6.
SCORES = [10.0, 30.0, 20.0, 25.0, 30.0, 99.0, 99.0, 99.0]
OPTIONS = {
    'default_hooks.early_stopping': dict(
        type='ResumableEarlyStoppingHook', monitor='wbc/accuracy', patience=3
    ),
    'val_evaluator': dict(_delete_=True, type='ScriptedMetric', scores=SCORES),
    'train_dataloader.batch_size': 4,
    'train_dataloader.dataset.num_samples': 8,
    'val_dataloader.dataset.num_samples': 2,
    'test_dataloader.dataset.num_samples': 4,
    'train_cfg.max_epochs': len(SCORES),
    'resume': True,
}


def run(work_dir, *hooks, **options):
    return train(
        tiny_config(work_dir, **{**OPTIONS, **options}), ScriptHook(), *hooks
    )


def interrupted(work_dir, *args, **options):
    with pytest.raises(Interruption):
        run(work_dir, InterruptHook(*args), **options)


def result(work_dir):
    """What is left of a run: names of checkpoints and the best."""
    (best,) = work_dir.glob('best_*.pth')
    names = {path.name for path in work_dir.glob('*.pth')}
    log = max(work_dir.glob('*/*.log')).read_text()
    return names, best.name, 'did not improve in the last 3 records' in log


def assert_equal_runs(first, second):
    assert result(first) == result(second)
    for name in ('best.pth', 'epoch_5.pth'):
        assert_same(weights(first / name), weights(second / name))


@pytest.fixture(scope='module')
def uninterrupted(tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('uninterrupted')
    run(work_dir)
    return work_dir


def test_uninterrupted(uninterrupted):
    assert result(uninterrupted) == (
        {
            'best_wbc_accuracy_epoch_2.pth',
            'best.pth',
            'epoch_4.pth',
            'epoch_5.pth',
        },
        'best_wbc_accuracy_epoch_2.pth',
        True,
    )


# Within an epoch, between the checkpoint and the validation, between the
# validation and the best checkpoint, and when all is done for the epoch.
MOMENTS = [
    *(('after_train_iter', epoch, 1) for epoch in range(1, 5)),
    *(('before_val_epoch', epoch) for epoch in range(1, 6)),
    *(('after_val_epoch', epoch) for epoch in range(1, 6)),
    *(('after_val_epoch', epoch, 0, 'LOWEST') for epoch in range(1, 6)),
]


@pytest.mark.parametrize('moment', MOMENTS, ids=str)
def test_interrupted_once(uninterrupted, tmp_path, moment):
    interrupted(tmp_path, *moment)
    run(tmp_path)
    assert_equal_runs(tmp_path, uninterrupted)


def test_interrupted_again_and_again(uninterrupted, tmp_path):
    for epoch in range(1, 6):
        interrupted(tmp_path, 'before_val_epoch', epoch)
    # also in the middle of the validation that a resumed run begins with
    interrupted(tmp_path, 'after_val_epoch', 5)
    interrupted(tmp_path, 'before_test_epoch', 5)
    run(tmp_path)
    assert_equal_runs(tmp_path, uninterrupted)


def test_a_run_that_has_ended_stays_at_its_end(uninterrupted):
    before = weights(uninterrupted / 'epoch_5.pth')
    run(uninterrupted)
    assert result(uninterrupted)[0] >= {'epoch_5.pth', 'best.pth'}
    assert not (uninterrupted / 'epoch_6.pth').exists()
    assert_same(weights(uninterrupted / 'epoch_5.pth'), before)


def test_the_last_epoch_is_validated_whatever_the_interval(tmp_path):
    options = {
        'train_cfg.val_interval': 2,
        'train_cfg.max_epochs': 3,
        'val_evaluator.scores': [0.0, 10.0, 20.0],
    }
    interrupted(tmp_path, 'before_val_epoch', 3, **options)
    run(tmp_path, **options)
    (best,) = tmp_path.glob('best_*.pth')
    assert best.name == 'best_wbc_accuracy_epoch_3.pth'


def test_weights_for_another_run_do_not_bring_the_count(
    uninterrupted, tmp_path
):
    cfg = tiny_config(tmp_path, **OPTIONS)
    cfg.resume = False
    cfg.load_from = str(uninterrupted / 'epoch_5.pth')
    train(cfg, ScriptHook())
    assert result(tmp_path) == result(uninterrupted)


def test_the_state_is_plain(uninterrupted):
    checkpoint = torch.load(uninterrupted / 'epoch_4.pth', weights_only=True)
    # epoch 4 was not validated yet, epoch 3 was the first without a gain
    assert checkpoint['early_stopping'] == dict(best_score=30.0, wait_count=1)


class IterationHook(Hook):
    """Tell `ScriptedMetric` the iteration, two of which have one score."""

    def before_val_epoch(self, runner):
        for metric in runner.val_evaluator.metrics:
            metric.epoch = runner.iter // 2


def test_iterations_are_validated_as_epochs_are(tmp_path):
    options = {
        **OPTIONS,
        'val_evaluator.scores': [50.0, 10.0, 20.0],
        'train_cfg': dict(
            _delete_=True, by_epoch=False, max_iters=6, val_interval=2
        ),
        'param_scheduler': None,
        'default_hooks.checkpoint.by_epoch': False,
        'default_hooks.checkpoint.interval': 2,
    }
    del options['train_cfg.max_epochs']
    # after iteration 2, between its checkpoint and its validation
    stop = InterruptHook('before_val_epoch', 0)
    with pytest.raises(Interruption):
        train(tiny_config(tmp_path, **options), IterationHook(), stop)
    assert [path.name for path in tmp_path.glob('*.pth')] == ['iter_2.pth']
    train(tiny_config(tmp_path, **options), IterationHook())
    (best,) = tmp_path.glob('best_*.pth')
    assert best.name == 'best_wbc_accuracy_iter_2.pth'
    log = max(tmp_path.glob('*/*.log')).read_text()
    assert 'validating iteration 2, from which this run resumes' in log
