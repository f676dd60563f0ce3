import math

import pytest
import torch
from mmpretrain.registry import MODELS

from daffnet_mm.models.attention import SpatialAttention
from daffnet_mm.models.attention.spatial_attention import spatial_gate


def test_gate_by_hand():
    # a 1x1 convolution: sigmoid(1 * mean + 2 * maximum) at every place
    gate = MODELS.build(dict(type='SpatialAttention', kernel_size=1))
    gate.conv.weight.data = torch.tensor([1.0, 2.0]).view(1, 2, 1, 1)
    x = torch.tensor([[[[1.0, -1.0]], [[3.0, 0.0]], [[-1.0, 1.0]]]])
    first = 1 / (1 + math.exp(-(1 + 2 * 3)))
    second = 1 / (1 + math.exp(-(0 + 2 * 1)))
    expected = torch.tensor(
        [[[[first, -second]], [[3 * first, 0.0]], [[-first, second]]]]
    )
    torch.testing.assert_close(gate(x), expected)


@pytest.mark.parametrize('kernel_size', [3, 7])
@pytest.mark.parametrize(
    'memory_format', [torch.contiguous_format, torch.channels_last]
)
def test_equals_the_plain_formulation(kernel_size, memory_format):
    torch.manual_seed(0)
    gate = SpatialAttention(kernel_size=kernel_size)
    x = torch.randn(2, 20, 9, 11)

    def plain(x):
        pooled = torch.stack([x.mean(1), x.max(1).values], 1)
        scale = torch.nn.functional.conv2d(
            pooled, gate.conv.weight, padding=kernel_size // 2
        )
        return x * torch.sigmoid(scale)

    results = []
    for function, inputs in (
        (plain, x),
        (gate, x.to(memory_format=memory_format)),
    ):
        inputs = inputs.clone().requires_grad_()
        out = function(inputs)
        gradients = torch.autograd.grad(
            (out**3).sum(), [inputs, gate.conv.weight]
        )
        results.append([out, *gradients])
    for one, other in zip(*results, strict=True):
        tolerance = 1e-5 * one.abs().max().item()
        torch.testing.assert_close(one, other, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    'memory_format', [torch.contiguous_format, torch.channels_last]
)
def test_has_the_right_gradient(memory_format):
    torch.manual_seed(0)
    x = torch.randn(2, 5, 3, 4, dtype=torch.float64)
    x = x.to(memory_format=memory_format).requires_grad_()
    weight = torch.randn(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(spatial_gate, (x, weight))
    with torch.no_grad():  # another way to the same values
        expected = spatial_gate(x, weight)
    torch.testing.assert_close(spatial_gate(x, weight), expected)
    (grad,) = torch.autograd.grad((spatial_gate(x, weight) ** 2).sum(), x)
    assert grad.is_contiguous(memory_format=memory_format)


def test_learns_behind_frozen_layers():
    gate = SpatialAttention()
    x = torch.randn(2, 5, 8, 8)
    (grad,) = torch.autograd.grad((gate(x) ** 2).sum(), gate.conv.weight)
    x.requires_grad_()
    (same,) = torch.autograd.grad((gate(x) ** 2).sum(), gate.conv.weight)
    torch.testing.assert_close(grad, same, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    'memory_format', [torch.contiguous_format, torch.channels_last]
)
def test_autocast(memory_format):
    torch.manual_seed(0)
    gate = SpatialAttention()
    x = torch.randn(2, 300, 9, 8).bfloat16().to(memory_format=memory_format)
    results = []
    for inputs, lower in ((x.float(), False), (x, True)):
        inputs.requires_grad_()
        with torch.autocast('cpu', torch.bfloat16, enabled=lower):
            out = gate(inputs)
        assert out.dtype == inputs.dtype
        results.append(
            [
                out,
                *torch.autograd.grad(
                    (out.float() ** 2).sum(), [inputs, gate.conv.weight]
                ),
            ]
        )
        assert results[-1][1].is_contiguous(memory_format=memory_format)
        assert results[-1][2].dtype == torch.float32
    for exact, lowered in zip(*results, strict=True):
        tolerance = 0.02 * exact.abs().max().item()
        torch.testing.assert_close(
            lowered.float(), exact, rtol=0, atol=tolerance
        )


def test_memory_format_is_kept():
    x = torch.randn(2, 8, 5, 5).to(memory_format=torch.channels_last)
    assert SpatialAttention()(x).is_contiguous(
        memory_format=torch.channels_last
    )


def test_even_kernel_is_refused():
    with pytest.raises(ValueError, match='odd kernel_size, not 4'):
        SpatialAttention(kernel_size=4)
