import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_mm.errors import InputError

IMG = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomIlluminant', **kwargs))


def test_gains_by_channel(monkeypatch):
    light = build()
    gains = np.array([0.5, 1.0, 1.25])
    monkeypatch.setattr(light, '_random_gains', lambda: gains)
    got = light(dict(img=IMG))['img']
    assert got.dtype == np.uint8
    assert (got == np.minimum(np.rint(IMG * gains), 255)).all()


def test_range_probability_and_refusals():
    np.random.seed(0)
    light = build(gain=0.2)
    gains = np.array([light._random_gains() for _ in range(500)])
    assert 0.8 <= gains.min() < 0.81 and 1.19 < gains.max() <= 1.2
    assert abs(np.corrcoef(gains.T)[0, 1]) < 0.2  # channels on their own
    assert build(prob=0)(dict(img=IMG))['img'] is IMG
    for gain in (-0.1, 1.0):
        with pytest.raises(InputError, match='at least 0 and below 1'):
            build(gain=gain)
    with pytest.raises(InputError, match='8-bit colour'):
        light(dict(img=IMG[..., 0]))
