import pytest
import torch
import torch.nn.functional as F
from mmpretrain.registry import MODELS

from daffnet_mm.models.attention import CSAM, SCAM, ParallelAttention


def channel_gate(module, x):
    """Equation 2 of CBAM."""
    w0, w1 = module.channel.fc1.weight, module.channel.fc2.weight
    logits = [
        F.linear(F.linear(pool(x, 1).flatten(1), w0).relu(), w1)
        for pool in (F.adaptive_avg_pool2d, F.adaptive_max_pool2d)
    ]
    return sum(logits).sigmoid()[..., None, None]


def spatial_gate(module, x):
    """Equation 3 of CBAM."""
    pooled = torch.cat([x.mean(1, True), x.max(1, True).values], dim=1)
    return F.conv2d(pooled, module.spatial.conv.weight, padding=3).sigmoid()


def spatial_then_channel(module, x):
    x = x * spatial_gate(module, x)
    return x * channel_gate(module, x)


def channel_then_spatial(module, x):
    x = x * channel_gate(module, x)
    return x * spatial_gate(module, x)


def side_by_side(module, x):
    return x * (channel_gate(module, x) + spatial_gate(module, x))


REFERENCES = dict(
    SCAM=spatial_then_channel,
    CSAM=channel_then_spatial,
    ParallelAttention=side_by_side,
)


@pytest.mark.parametrize('type', REFERENCES)
def test_order(type):
    torch.manual_seed(0)
    module = MODELS.build(dict(type=type, in_channels=32, reduction=4))
    x = 3 * torch.randn(2, 32, 9, 8)
    out = module(x)
    for name, reference in REFERENCES.items():
        same = torch.allclose(out, reference(module, x), atol=1e-5)
        assert same == (name == type), name


@pytest.mark.parametrize('cls', [SCAM, CSAM, ParallelAttention])
def test_arguments_reach_both_parts(cls):
    module = cls(64, reduction=8, kernel_size=3)
    assert module.channel.fc1.out_features == 8
    assert module.spatial.conv.kernel_size == (3, 3)


@pytest.mark.parametrize('type', REFERENCES)
def test_every_parameter_has_a_gradient(type):
    module = MODELS.build(dict(type=type, in_channels=32))
    (module(torch.randn(2, 32, 5, 5)) ** 2).sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in module.parameters())
