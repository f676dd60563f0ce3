import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS
from skimage.exposure import adjust_gamma

from daffnet_mm.errors import InputError

IMG = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomGamma', **kwargs))


@pytest.mark.parametrize('power', [0.6, 1.0, 1.7])
def test_against_scikit_image(power, monkeypatch):
    gamma = build()
    monkeypatch.setattr(gamma, '_random_powers', lambda: power)
    got = gamma(dict(img=IMG))['img']
    assert got.dtype == np.uint8
    wanted = 255 * adjust_gamma(IMG / 255, power)
    assert np.abs(got - wanted).max() <= 0.501


def test_range_probability_and_refusals():
    np.random.seed(0)
    gamma = build(strength=0.5)
    logs = np.log([gamma._random_powers() for _ in range(500)])
    assert -0.5 <= logs.min() < -0.48 and 0.48 < logs.max() <= 0.5
    assert abs(logs.mean()) < 0.05
    assert build(prob=0)(dict(img=IMG))['img'] is IMG
    with pytest.raises(InputError, match='not be below 0'):
        build(strength=-1)


def test_channels_of_their_own_powers(monkeypatch):
    powers = np.array([0.8, 1.0, 1.4])
    gamma = build()
    monkeypatch.setattr(gamma, '_random_powers', lambda: powers)
    got = gamma(dict(img=IMG))['img']
    for channel, power in enumerate(powers):
        wanted = 255 * adjust_gamma(IMG[..., channel] / 255, power)
        assert np.abs(got[..., channel] - wanted).max() <= 0.501


def test_range_of_the_channels():
    np.random.seed(0)
    gamma = build(strength=0.0, channel_strength=0.2)
    logs = np.log(np.stack([gamma._random_powers() for _ in range(500)]))
    assert logs.shape == (500, 3)
    assert -0.2 <= logs.min() < -0.19 and 0.19 < logs.max() <= 0.2
    assert abs(np.corrcoef(logs.T)[0, 1]) < 0.15
    with pytest.raises(InputError, match='channel_strength=-1 must not be'):
        build(channel_strength=-1)
