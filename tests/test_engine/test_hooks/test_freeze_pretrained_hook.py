import pytest
import torch
from tiny_run import (
    InterruptHook,
    Interruption,
    RecordHook,
    assert_same,
    daffnet_model,
    tiny_config,
    train,
    weights,
)

from daffnet_lite.errors import InputError

#: As in the config of the paper's row "+ EPSA".
FREEZE = {
    'default_hooks.freeze': dict(
        type='FreezePretrainedHook',
        epochs=2,
        layers=[r'backbone\.', r'head\.fc\.'],
        except_layers=[r'\.conv2\.', r'\.bn2\.'],
    )
}


def changed(before, after):
    """The names of what differs between two states."""
    return {
        name for name in before if not torch.equal(before[name], after[name])
    }


@pytest.fixture(scope='module')
def uninterrupted(tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('freeze')
    record = RecordHook()
    runner = train(tiny_config(work_dir, **FREEZE), record)
    return runner, record.states, work_dir


def test_first_the_new_layers_then_all(uninterrupted):
    runner, states, work_dir = uninterrupted
    model = runner.model
    # the names by hand, from what the patterns mean
    new = {
        name
        for name in states[0]
        if '.conv2.' in name
        or '.bn2.' in name
        or name.startswith('head.classifier.')
    }
    parameters = {name for name, _ in model.named_parameters()}
    assert new & parameters and parameters - new
    assert 'backbone.conv1.weight' not in new
    assert 'head.fc.weight' not in new
    for epoch in (1, 2):
        # also of the statistics of normalisation layers
        assert changed(states[epoch - 1], states[epoch]) <= new
        assert changed(states[epoch - 1], states[epoch]) >= new & parameters
    learned = 'backbone.layer1.0.bn2.running_mean'
    assert learned in changed(states[0], states[1])
    assert changed(states[2], states[3]) >= parameters
    assert 'backbone.bn1.running_mean' in changed(states[2], states[3])
    log = next(work_dir.glob('*/*.log')).read_text()
    assert 'pretrained parameters are frozen from epoch 1 on' in log
    assert 'pretrained parameters are training from epoch 3 on' in log


@pytest.mark.parametrize('epoch', [1, 2])
def test_a_resumed_run_is_in_the_right_phase(uninterrupted, tmp_path, epoch):
    _, _, work_dir = uninterrupted
    options = dict(FREEZE, resume=True)
    with pytest.raises(Interruption):
        train(
            tiny_config(tmp_path, **options),
            InterruptHook('after_train_iter', epoch, 1),
        )
    record = RecordHook()
    train(tiny_config(tmp_path, **options), record)
    first = changed(record.states[epoch], record.states[epoch + 1])
    assert ('backbone.conv1.weight' in first) == (epoch == 2)
    assert ('backbone.bn1.running_mean' in first) == (epoch == 2)
    assert_same(
        weights(tmp_path / 'epoch_3.pth'), weights(work_dir / 'epoch_3.pth')
    )


def test_no_frozen_epochs(tmp_path):
    record = RecordHook()
    options = {**FREEZE, 'default_hooks.freeze.epochs': 0}
    runner = train(
        tiny_config(tmp_path, **options, **{'train_cfg.max_epochs': 1}), record
    )
    assert changed(record.states[0], record.states[1]) >= {
        name for name, _ in runner.model.named_parameters()
    }


@pytest.mark.parametrize('epochs', [2, 0])
def test_a_training_by_iterations(tmp_path, epochs):
    cfg = tiny_config(
        tmp_path,
        **{**FREEZE, 'default_hooks.freeze.epochs': epochs},
        train_cfg=dict(_delete_=True, by_epoch=False, max_iters=2),
        param_scheduler=None,
    )
    if epochs == 0:
        train(cfg)
        return
    with pytest.raises(InputError, match='FreezePretrainedHook counts epochs'):
        train(cfg)


def test_a_pattern_that_matches_nothing(tmp_path):
    options = {**FREEZE, 'default_hooks.freeze.layers': ['backbone.', 'neck']}
    with pytest.raises(InputError, match="'neck' matches no parameter"):
        train(tiny_config(tmp_path, **options))


def test_the_map_is_never_thawed(tmp_path):
    record = RecordHook()
    runner = train(
        tiny_config(
            tmp_path,
            **{
                'model': daffnet_model(),
                'train_cfg.max_epochs': 2,
                'default_hooks.freeze': dict(
                    type='FreezePretrainedHook',
                    epochs=1,
                    layers=[r'backbone\.', r'neck\.'],
                ),
            },
        ),
        record,
    )
    states = record.states
    # not the statistics of its normalisation layers either
    assert not any(
        name.startswith('neck.predictor.')
        for name in changed(states[0], states[2])
    )
    assert not any(
        p.requires_grad for p in runner.model.neck.predictor.parameters()
    )
    frozen = changed(states[0], states[1])
    assert not any(name.startswith(('backbone.', 'neck.')) for name in frozen)
    thawed = changed(states[1], states[2])
    assert any(name.startswith('neck.encoder.') for name in thawed)
    assert 'backbone.conv1.weight' in thawed
