import cv2
import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

IMG = cv2.GaussianBlur(
    np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), (0, 0), 1
)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomJPEG', **kwargs))


def test_lower_quality_loses_more():
    losses = [
        np.abs(
            build(quality=(q, q), prob=1)(dict(img=IMG))['img']
            - IMG.astype(float)
        ).mean()
        for q in (95, 60, 10)
    ]
    assert 0 < losses[0] < losses[1] < losses[2]
    coded = cv2.imencode('.jpg', IMG, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    got = build(quality=(60, 60), prob=1)(dict(img=IMG))['img']
    assert (got == cv2.imdecode(coded, cv2.IMREAD_COLOR)).all()


def test_both_ends_are_drawn():
    np.random.seed(0)
    compress = build(quality=(50, 52))
    assert {compress.draw() for _ in range(100)} == {(50,), (51,), (52,)}


@pytest.mark.parametrize('quality', [(0, 50), (60, 50), (50, 101)])
def test_what_it_refuses(quality):
    with pytest.raises(InputError, match='range within 1 to 100'):
        build(quality=quality)
