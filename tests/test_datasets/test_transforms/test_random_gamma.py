import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS
from skimage.exposure import adjust_gamma

from daffnet_mm.errors import InputError

IMG = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomGamma', **kwargs))


@pytest.mark.parametrize('power', [0.6, 1., 1.7])
def test_against_scikit_image(power, monkeypatch):
    gamma = build()
    monkeypatch.setattr(gamma, '_random_power', lambda: power)
    got = gamma(dict(img=IMG))['img']
    assert got.dtype == np.uint8
    wanted = 255 * adjust_gamma(IMG / 255, power)
    assert np.abs(got - wanted).max() <= 0.501


def test_range_probability_and_refusals():
    np.random.seed(0)
    gamma = build(strength=0.5)
    logs = np.log([gamma._random_power() for _ in range(500)])
    assert -.5 <= logs.min() < -.48 and .48 < logs.max() <= .5
    assert abs(logs.mean()) < 0.05
    assert build(prob=0)(dict(img=IMG))['img'] is IMG
    with pytest.raises(InputError, match='not be below 0'):
        build(strength=-1)
