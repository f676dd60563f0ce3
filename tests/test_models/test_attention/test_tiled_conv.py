import pytest
import torch
import torch.nn.functional as F
from mmengine.model import BaseModule

from daffnet_mm.models.attention.tiled_conv import TiledConv2d


def build(channels=16, out_channels=4, kernel_size=9, groups=4, **kwargs):
    return TiledConv2d(
        channels,
        out_channels,
        kernel_size,
        groups=groups,
        **{'padding': kernel_size // 2, 'bias': False, **kwargs},
    )


def random_input(height, width, channels=16):
    x = torch.randn(2, channels, height, width)
    return x.contiguous(memory_format=torch.channels_last).requires_grad_()


@pytest.mark.parametrize(
    ('out_channels', 'tile'), [(4, (4, 4)), (8, (2, 4)), (16, (1, 4))]
)
@pytest.mark.parametrize('kernel_size', [7, 9, 11])
@pytest.mark.parametrize(('height', 'width'), [(28, 28), (32, 44)])
def test_equals_conv2d(out_channels, tile, kernel_size, height, width):
    torch.manual_seed(0)
    conv = build(out_channels=out_channels, kernel_size=kernel_size)
    x = random_input(height, width)
    assert conv.tile == tile and conv.fits(x)
    out = conv(x)
    expected = F.conv2d(
        x, conv.weight, padding=kernel_size // 2, groups=conv.groups
    )
    assert out.is_contiguous(memory_format=torch.channels_last)
    seed = torch.randn_like(out)
    for one, other in zip(
        (out, *torch.autograd.grad(out, (x, conv.weight), seed)),
        (expected, *torch.autograd.grad(expected, (x, conv.weight), seed)),
        strict=True,
    ):
        tolerance = 1e-5 * other.abs().max().item()
        torch.testing.assert_close(one, other, rtol=0, atol=tolerance)


@pytest.mark.parametrize(('height', 'width'), [(28, 24), (29, 28), (28, 30)])
def test_other_sizes_go_the_usual_way(height, width):
    conv = build()
    x = random_input(height, width)
    assert not conv.fits(x)
    torch.testing.assert_close(
        conv(x), F.conv2d(x, conv.weight, padding=4, groups=4)
    )


def test_contiguous_input_goes_the_usual_way():
    x = torch.randn(1, 16, 28, 28)
    conv = build()
    assert not conv.fits(x)
    assert conv(x).is_contiguous()


@pytest.mark.parametrize(
    'kwargs',
    [
        dict(groups=1),
        dict(out_channels=32),
        dict(kernel_size=5),
        dict(stride=2),
        dict(padding=3),
        dict(dilation=2, padding=8),
        dict(bias=True),
        dict(padding_mode='reflect'),
    ],
)
def test_other_convolutions_go_the_usual_way(kwargs):
    conv = build(**kwargs)
    assert conv.tile is None
    conv(random_input(28, 28))


def test_double_precision_goes_the_usual_way():
    conv = build().double()
    assert not conv.fits(random_input(28, 28).double())


def test_is_conv2d_to_others():
    """State dict, initialisation by layer name and autocast."""
    conv = build()
    assert list(conv.state_dict()) == ['weight']
    parent = BaseModule(dict(type='Constant', val=3, layer='Conv2d'))
    parent.conv = conv
    parent.init_weights()
    assert (conv.weight == 3).all()
    with torch.autocast('cpu', torch.bfloat16):
        out = conv(random_input(28, 28))
    assert out.dtype == torch.bfloat16
