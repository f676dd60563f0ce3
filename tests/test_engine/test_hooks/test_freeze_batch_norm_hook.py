import pytest
from tiny_run import RecordHook, tiny_config, train

from daffnet_lite.errors import InputError


def test_statistics_stand_still_and_weights_train(tmp_path):
    cfg = tiny_config(
        tmp_path,
        custom_hooks=[dict(type='FreezeBatchNormHook', begin=1)],
        train_cfg=dict(max_epochs=2),
    )
    record = RecordHook()
    train(cfg, record)
    first, second = record.states[1], record.states[2]
    name = 'backbone.bn1.'
    assert not first[name + 'running_mean'].equal(
        record.states[0][name + 'running_mean']
    )
    for key in ('running_mean', 'running_var'):
        assert first[name + key].equal(second[name + key])
    assert not first[name + 'weight'].equal(second[name + 'weight'])


def test_a_training_by_iterations_is_refused(tmp_path):
    cfg = tiny_config(
        tmp_path,
        custom_hooks=[dict(type='FreezeBatchNormHook', begin=1)],
        train_cfg=dict(_delete_=True, by_epoch=False, max_iters=3),
    )
    with pytest.raises(
        InputError, match='FreezeBatchNormHook counts epochs.*by_epoch=True'
    ):
        train(cfg)


def test_a_model_without_is_refused(tmp_path):
    cfg = tiny_config(
        tmp_path, custom_hooks=[dict(type='FreezeBatchNormHook', begin=1)]
    )
    cfg.model.backbone.norm_cfg = dict(type='GN', num_groups=2)
    with pytest.raises(InputError, match='no batch normalisation'):
        train(cfg)
