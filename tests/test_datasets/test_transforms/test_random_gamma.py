import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS
from skimage.exposure import adjust_gamma

from daffnet_lite.errors import InputError

IMG = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomGamma', **kwargs))


@pytest.mark.parametrize('powers', [0.6, 1.0, 1.7, (0.8, 1.0, 1.4)])
def test_against_scikit_image(powers):
    got = build().change(IMG, np.array(powers))
    for channel, power in enumerate(np.broadcast_to(powers, 3)):
        wanted = 255 * adjust_gamma(IMG[..., channel] / 255, power)
        assert np.abs(got[..., channel] - wanted).max() <= 0.501


def test_ranges():
    np.random.seed(0)
    gamma = build(strength=0.5)
    logs = np.log([gamma.draw()[0] for _ in range(500)])
    assert -0.5 <= logs.min() < -0.48 and 0.48 < logs.max() <= 0.5
    assert abs(logs.mean()) < 0.05
    gamma = build(strength=0.0, channel_strength=0.2)
    logs = np.log(np.stack([gamma.draw()[0] for _ in range(500)]))
    assert logs.shape == (500, 3)
    assert -0.2 <= logs.min() < -0.19 and 0.19 < logs.max() <= 0.2
    assert abs(np.corrcoef(logs.T)[0, 1]) < 0.15


@pytest.mark.parametrize('name', ['strength', 'channel_strength'])
def test_what_it_refuses(name):
    with pytest.raises(InputError, match=f' {name}=-1 must not be below 0'):
        build(**{name: -1})
