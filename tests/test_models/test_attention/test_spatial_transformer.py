import pytest
import torch
from mmpretrain.registry import MODELS


def build():
    return MODELS.build(
        dict(
            type='SpatialTransformer',
            in_channels=6,
            init_cfg=dict(type='Normal', layer=['Conv2d', 'Linear'], std=1),
        )
    )


@pytest.mark.parametrize('size', [(1, 1), (2, 2), (7, 5), (28, 28)])
def test_starts_as_identity(size):
    transformer = build()
    x = torch.randn(2, 6, *size)
    torch.testing.assert_close(transformer(x), x, rtol=1e-4, atol=1e-4)
    transformer.init_weights()
    torch.testing.assert_close(transformer(x), x, rtol=1e-4, atol=1e-4)


def test_samples_where_the_affine_map_points():
    transformer = build()
    # x' = -x: the mirror image
    transformer.affine.bias.data = torch.tensor([-1.0, 0, 0, 0, 1, 0])
    x = torch.randn(2, 6, 7, 5)
    torch.testing.assert_close(transformer(x), x.flip(3), rtol=1e-4, atol=1e-4)


def test_learns_where_to_look():
    transformer = build()
    transformer.init_weights()
    transformer(torch.randn(2, 6, 7, 7)).square().sum().backward()
    assert transformer.affine.weight.grad.abs().sum() > 0
