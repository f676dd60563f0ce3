import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

IMG = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomIlluminant', **kwargs))


def test_gains_by_channel():
    gains = np.array([0.5, 1.0, 1.25])
    got = build().change(IMG, gains)
    assert (got == np.minimum(np.rint(IMG * gains), 255)).all()


def test_range_and_refusals():
    np.random.seed(0)
    light = build(gain=0.2)
    gains = np.array([light.draw()[0] for _ in range(500)])
    assert 0.8 <= gains.min() < 0.81 and 1.19 < gains.max() <= 1.2
    assert abs(np.corrcoef(gains.T)[0, 1]) < 0.2  # channels on their own
    for gain in (-0.1, 1.0):
        with pytest.raises(InputError, match='at least 0 and below 1'):
            build(gain=gain)
