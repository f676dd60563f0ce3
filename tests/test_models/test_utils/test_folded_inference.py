import copy

import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn

from daffnet_mm.models.utils import FoldedInference


@pytest.fixture
def predictor(map_cfg):
    """A MAP whose batch statistics are not those of a new one."""
    torch.manual_seed(0)
    model = MODELS.build(map_cfg())
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -0.2, 0.2)
    model.eval()
    return model


@pytest.fixture
def cells():
    return torch.randn(2, 3, 64, 64)


@torch.no_grad()
def test_the_output_stays_the_same(predictor, cells):
    run = FoldedInference(predictor)
    for images in (cells, -cells):
        expected = predictor(images, mode='tensor')[0]
        torch.testing.assert_close(
            run(images)[0], expected, rtol=1e-4, atol=1e-5
        )
    assert not any(
        isinstance(m, nn.BatchNorm2d) for m in run._folded.modules()
    )


@torch.no_grad()
def test_it_folds_under_mixed_precision_too(predictor, cells):
    run = FoldedInference(predictor)
    expected = predictor(cells, mode='tensor')[0]
    with torch.autocast('cpu', torch.bfloat16):
        output = run(cells)[0]
    assert output.dtype == torch.bfloat16
    assert not any(
        isinstance(m, nn.BatchNorm2d) for m in run._folded.modules()
    )
    # the folded weights themselves are exact
    torch.testing.assert_close(run(cells)[0], expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize('change', ['in place', 'by loading', 'statistics'])
def test_changed_weights_are_noticed(predictor, cells, change):
    run = FoldedInference(predictor)
    before = run(cells)[0]
    if change == 'in place':
        predictor.backbone.conv1.weight.mul_(-1)
    elif change == 'by loading':
        state = {k: v * 0.5 for k, v in predictor.state_dict().items()}
        predictor.load_state_dict(state)
    else:
        predictor.backbone.bn1.running_mean.add_(1)
    for _ in range(2):
        after = run(cells)[0]
        assert not torch.allclose(after, before)
        torch.testing.assert_close(
            after, predictor(cells, mode='tensor')[0], rtol=1e-4, atol=1e-5
        )


@torch.no_grad()
def test_hooks_see_the_network_itself(predictor, cells):
    run = FoldedInference(predictor)
    run(cells)
    seen = []
    predictor.backbone.layer4.register_forward_hook(
        lambda *args: seen.append(args)
    )
    run(cells)
    assert len(seen) == 1


class BeforeAndAfter(nn.Module):
    """A normalisation that is named behind a convolution but runs first."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)
        self.norm = nn.BatchNorm2d(3)
        nn.init.constant_(self.norm.running_mean, 1)

    def forward(self, x, mode):
        return self.conv(self.norm(x)), None


@torch.no_grad()
def test_a_network_that_folding_would_change_runs_as_it_is(cells):
    torch.manual_seed(0)
    model = BeforeAndAfter().eval()
    run = FoldedInference(model)
    for _ in range(2):
        torch.testing.assert_close(
            run(cells)[0], model(cells, mode='tensor')[0]
        )


@torch.no_grad()
def test_a_copy_runs_its_own_weights(predictor, cells):
    holder = dict(model=predictor, run=FoldedInference(predictor))
    holder['run'](cells)
    other = copy.deepcopy(holder)
    other['model'].backbone.conv1.weight.mul_(-1)
    torch.testing.assert_close(
        other['run'](cells)[0],
        other['model'](cells, mode='tensor')[0],
        rtol=1e-4,
        atol=1e-5,
    )
