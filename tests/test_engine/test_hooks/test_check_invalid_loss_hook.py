from unittest.mock import Mock

import pytest
import torch
from mmengine.hooks import Hook
from mmpretrain.registry import HOOKS
from tiny_run import assert_same, tiny_config, train, weights

from daffnet_lite.errors import InputError


class Spoil(Hook):
    """Make a weight NaN in the second epoch, as a diverging step would."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.epoch == 1 and batch_idx == 1:
            self.saved = {
                path.name: weights(path)
                for path in self.work_dir.glob('*.pth')
            }
            with torch.no_grad():
                runner.model.head.classifier.weight[0, 0] = float('nan')


def test_nothing_is_lost(tmp_path):
    spoil = Spoil()
    spoil.work_dir = tmp_path
    with pytest.raises(InputError) as caught:
        train(tiny_config(tmp_path), spoil)
    message = str(caught.value)
    assert message.startswith('loss became nan in epoch 2, iteration 2; ')
    assert str(tmp_path) in message and '--resume' in message
    # what was there before is there still, and nothing else
    assert spoil.saved.keys() == {p.name for p in tmp_path.glob('*.pth')}
    assert 'epoch_1.pth' in spoil.saved
    for name, saved in spoil.saved.items():
        assert_same(weights(tmp_path / name), saved)
        assert all(value.isfinite().all() for value in saved.values())


@pytest.mark.parametrize('value', ['nan', 'inf', '-inf'])
def test_every_loss_is_looked_at(value):
    hook = HOOKS.build(dict(type='CheckInvalidLossHook'))
    runner = Mock(epoch=4, work_dir='work')
    outputs = dict(
        loss_class=torch.tensor(1.0), accuracy=torch.tensor(float('nan'))
    )
    hook.after_train_iter(runner, 7, outputs=outputs)
    outputs['loss_attribute'] = torch.tensor(float(value))
    with pytest.raises(
        InputError, match='^loss_attribute became .* epoch 5, iteration 8; '
    ):
        hook.after_train_iter(runner, 7, outputs=outputs)
