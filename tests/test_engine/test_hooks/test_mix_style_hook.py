import pytest
import torch
from tiny_run import RecordHook, tiny_config, train

from daffnet_lite.errors import InputError
from daffnet_mm.engine.hooks.mix_style_hook import mix_style


def test_by_hand():
    # mean 3 and deviation 1; mean 10 and deviation 4
    features = torch.tensor([[2.0, 4.0], [6.0, 14.0]]).view(2, 1, 1, 2)
    order, shares = torch.tensor([1, 0]), torch.tensor([0.75, 0.0])
    mixed = mix_style(features, order, shares)
    # a quarter of the way to the other: mean 4.75, deviation 1.75; and all of
    # it: mean 3, deviation 1
    expected = [[4.75 - 1.75, 4.75 + 1.75], [3.0 - 1.0, 3.0 + 1.0]]
    assert torch.allclose(mixed.view(2, 2), torch.tensor(expected))


def test_statistics_are_no_way_for_the_gradient():
    features = torch.randn(3, 2, 4, 4, requires_grad=True)
    order, shares = torch.tensor([1, 2, 0]), torch.tensor([0.2, 0.5, 0.9])
    mixed = mix_style(features, order, shares)
    mixed.sum().backward()
    deviation = features.detach().std((2, 3), correction=0)
    theirs = deviation[order]
    own = shares.view(-1, 1)
    factor = (own * deviation + (1 - own) * theirs) / deviation
    assert torch.allclose(
        features.grad, factor[..., None, None].expand_as(features), atol=1e-3
    )


class OutputHook(RecordHook):
    """Look at what a layer gives, in training and in validation."""

    def before_train(self, runner):
        super().before_train(runner)
        self.seen = []
        runner.model.backbone.layer1.register_forward_hook(
            lambda module, inputs, output: self.seen.append(
                (module.training, output.detach().clone())
            )
        )


def styles(prob, tmp_path):
    cfg = tiny_config(
        tmp_path / f'{prob}',
        custom_hooks=[
            dict(type='MixStyleHook', layers=['backbone.layer1'], prob=prob)
        ],
        train_cfg=dict(max_epochs=1),
    )
    record = OutputHook()
    runner = train(cfg, record)
    first = next(output for training, output in record.seen if training)
    last = next(output for training, output in record.seen if not training)
    return first, last, runner


def test_only_training_is_mixed(tmp_path):
    mixed, _, runner = styles(1, tmp_path)
    plain, _, _ = styles(0, tmp_path)
    assert not torch.allclose(mixed, plain, atol=1e-3)
    # what was mixed are the statistics, nothing else
    for features in (mixed, plain):
        features -= features.mean((2, 3), keepdim=True)
        features /= features.std((2, 3), correction=0, keepdim=True) + 1e-6
    assert (mixed - plain).abs().median() < 1e-2
    # only the test's own hook is left behind
    assert len(runner.model.backbone.layer1._forward_hooks) == 1


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(layers=['backbone.layer9']), 'has no layer backbone.layer9'),
        (dict(layers=[], prob=1.5), 'prob=1.5 must lie between'),
        (dict(layers=[], alpha=0), 'alpha=0 must be above 0'),
    ],
)
def test_what_cannot_be(tmp_path, options, message):
    cfg = tiny_config(
        tmp_path, custom_hooks=[dict(type='MixStyleHook', **options)]
    )
    with pytest.raises(InputError, match=message):
        train(cfg)
