import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS

from daffnet_mm.models.attention import ECA, ChannelAttention


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_equals_equation_2_of_cbam():
    torch.manual_seed(0)
    module = MODELS.build(
        dict(type='ChannelAttention', in_channels=32, reduction=8)
    )
    x = torch.randn(3, 32, 5, 7)
    w0, w1 = (fc.weight.detach().numpy() for fc in (module.fc1, module.fc2))
    assert (w0.shape, w1.shape) == ((4, 32), (32, 4))

    def perceptron(pooled):
        return np.maximum(pooled @ w0.T, 0) @ w1.T

    places = x.numpy().reshape(3, 32, 35)
    gate = sigmoid(perceptron(places.mean(2)) + perceptron(places.max(2)))
    np.testing.assert_allclose(
        module(x).detach().numpy(),
        x.numpy() * gate[:, :, None, None],
        rtol=1e-5,
        atol=1e-6,
    )


def test_by_hand():
    # one place: mean and maximum agree, and the two results add up
    module = ChannelAttention(2, reduction=2)
    module.fc1.weight.data = torch.tensor([[1.0, -1.0]])
    module.fc2.weight.data = torch.tensor([[1.0], [-2.0]])
    x = torch.tensor([3.0, 2.0]).view(1, 2, 1, 1)  # hidden layer: 1
    expected = [3 * sigmoid(2 * 1.0), 2 * sigmoid(2 * -2.0)]
    torch.testing.assert_close(
        module(x).flatten(), torch.tensor(expected, dtype=torch.float32)
    )


def test_narrow_features_keep_a_hidden_channel():
    assert ChannelAttention(8, reduction=16).fc1.out_features == 1


@pytest.mark.parametrize('type', ['ChannelAttention', 'SE', 'ECA'])
def test_every_channel_is_scaled_by_one_factor(type):
    torch.manual_seed(0)
    module = MODELS.build(dict(type=type, in_channels=64))
    x = torch.rand(2, 64, 3, 4) + 1
    factors = (module(x) / x).flatten(2)
    assert (factors > 0).all() and (factors < 1).all()
    torch.testing.assert_close(factors, factors[..., :1].expand_as(factors))


def test_eca_weighs_a_channel_by_its_neighbours():
    module = ECA(4, kernel_size=3)
    module.conv.weight.data = torch.tensor([[[1.0, 2.0, 3.0]]])
    x = torch.tensor([1.0, 0.0, -1.0, 0.5]).view(1, 4, 1, 1)
    # left neighbour + 2 * itself + 3 * right neighbour, zeros outside
    logits = torch.tensor([2.0, 1 - 3.0, -2 + 1.5, -1 + 1.0])
    torch.testing.assert_close(
        module(x).flatten(), x.flatten() * logits.sigmoid()
    )


@pytest.mark.parametrize(
    ('channels', 'kernel_size'),
    [(16, 3), (64, 3), (128, 5), (512, 5), (2048, 7)],
)
def test_eca_kernel_grows_with_the_channels(channels, kernel_size):
    # equation 12 of ECA-Net, gamma = 2 and b = 1: |log2(C) / 2 + 1 / 2|, odd
    assert ECA(channels).conv.kernel_size == (kernel_size,)


def test_eca_refuses_an_even_kernel():
    with pytest.raises(ValueError, match='odd kernel_size, not 4'):
        ECA(8, kernel_size=4)


def test_se_is_mmpretrains():
    module = MODELS.build(dict(type='SE', in_channels=512))
    weights = [tuple(p.shape) for p in module.parameters()]
    assert weights == [(32, 512, 1, 1), (32,), (512, 32, 1, 1), (512,)]
