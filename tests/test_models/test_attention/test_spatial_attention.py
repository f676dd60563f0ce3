import math

import pytest
import torch
from mmpretrain.registry import MODELS

from daffnet_mm.models.attention import SpatialAttention
from daffnet_mm.models.attention.channel_pool import channel_pool


def test_gate_by_hand():
    # a 1x1 convolution: sigmoid(1 * mean + 2 * maximum) at every place
    gate = MODELS.build(dict(type='SpatialAttention', kernel_size=1))
    gate.conv.weight.data = torch.tensor([1., 2.]).view(1, 2, 1, 1)
    x = torch.tensor([[[[1., -1.]], [[3., 0.]], [[-1., 1.]]]])
    first = 1 / (1 + math.exp(-(1 + 2 * 3)))
    second = 1 / (1 + math.exp(-(0 + 2 * 1)))
    expected = torch.tensor([[[[first, -second]], [[3 * first, 0.]],
                              [[-first, second]]]])
    torch.testing.assert_close(gate(x), expected)


@pytest.mark.parametrize('kernel_size', [3, 7])
@pytest.mark.parametrize('memory_format',
                         [torch.contiguous_format, torch.channels_last])
def test_equals_the_plain_formulation(kernel_size, memory_format):
    torch.manual_seed(0)
    gate = SpatialAttention(kernel_size=kernel_size)
    x = torch.randn(2, 20, 9, 11)

    def plain(x):
        pooled = torch.stack([x.mean(1), x.max(1).values], 1)
        scale = torch.nn.functional.conv2d(
            pooled, gate.conv.weight, padding=kernel_size // 2)
        return x * torch.sigmoid(scale)

    results = []
    for function, inputs in ((plain, x), (gate, x.to(
            memory_format=memory_format))):
        inputs = inputs.clone().requires_grad_()
        out = function(inputs)
        gradients = torch.autograd.grad((out**3).sum(),
                                        [inputs, gate.conv.weight])
        results.append([out, *gradients])
    for one, other in zip(*results, strict=True):
        tolerance = 1e-5 * one.abs().max().item()
        torch.testing.assert_close(one, other, rtol=0, atol=tolerance)


@pytest.mark.parametrize('memory_format',
                         [torch.contiguous_format, torch.channels_last])
def test_pool_has_the_right_gradient(memory_format):
    x = torch.randn(2, 5, 3, 4, dtype=torch.float64)
    x = x.to(memory_format=memory_format).requires_grad_()
    assert torch.autograd.gradcheck(channel_pool, x)
    with torch.no_grad():  # another way to the same values
        expected = channel_pool(x)
    torch.testing.assert_close(channel_pool(x), expected)
    grad, = torch.autograd.grad(channel_pool(x).sum(), x)
    assert grad.is_contiguous(memory_format=memory_format)


@pytest.mark.parametrize('memory_format',
                         [torch.contiguous_format, torch.channels_last])
def test_pool_in_bfloat16(memory_format):
    torch.manual_seed(0)
    x = torch.randn(2, 300, 3, 4).bfloat16().to(memory_format=memory_format)
    x.requires_grad_()
    exact = x.detach().double()
    expected = torch.stack([exact.mean(1), exact.amax(1)], 1)
    for out in (channel_pool(x), channel_pool(x.detach())):
        assert out.dtype == torch.bfloat16
        torch.testing.assert_close(
            out.double(), expected, rtol=2**-7, atol=1e-3)
    grad, = torch.autograd.grad(channel_pool(x).sum(), x)
    expected = torch.full_like(exact, 1 / 300).scatter_add_(
        1, exact.max(1, keepdim=True).indices, torch.ones(2, 1, 3, 4).double())
    torch.testing.assert_close(
        grad.double(), expected, rtol=2**-8, atol=0)
    assert grad.is_contiguous(memory_format=memory_format)


def test_memory_format_is_kept():
    x = torch.randn(2, 8, 5, 5).to(memory_format=torch.channels_last)
    assert SpatialAttention()(x).is_contiguous(
        memory_format=torch.channels_last)


def test_even_kernel_is_refused():
    with pytest.raises(ValueError, match='odd kernel_size, not 4'):
        SpatialAttention(kernel_size=4)
