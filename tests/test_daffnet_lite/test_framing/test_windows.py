import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.framing import centre_crop, resize_edge

#: Height and width: even, odd, high, wide, as small as it gets.
SHAPES = [(96, 96), (97, 97), (238, 237), (61, 200), (200, 61), (1, 1)]


@pytest.fixture(params=SHAPES, ids=str)
def img(request):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (*request.param, 3), np.uint8)


@pytest.mark.parametrize('scale', [64, 96, 105, 256])
def test_resized_as_mmpretrain_does(img, scale):
    step = TRANSFORMS.build(dict(type='ResizeEdge', scale=scale, edge='short'))
    want = step(dict(img=img))['img']
    assert (resize_edge(img, scale) == want).all()
    assert min(want.shape[:2]) == scale


@pytest.mark.parametrize('size', [1, 60, 95, 96, 224])
def test_cropped_as_mmcv_does(img, size):
    step = TRANSFORMS.build(dict(type='CenterCrop', crop_size=size))
    want = step(dict(img=img))['img']
    got = centre_crop(img, size)
    assert got.shape == want.shape and (got == want).all()
