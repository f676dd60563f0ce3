import math

import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

BACKGROUND, CYTOPLASM, NUCLEUS = (219, 209, 229), (179, 149, 209), (99, 19, 79)


def cell():
    """A nucleus within cytoplasm on a background."""
    img = np.full((60, 60, 3), BACKGROUND, np.uint8)
    img[15:45, 15:45] = CYTOPLASM
    img[22:38, 22:38] = NUCLEUS
    return img


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomStainCurve', **kwargs))


def bent(power, channel):
    """What is to come of the cytoplasm, by the formula."""
    background, value, nucleus = (
        color[channel] + 1 for color in (BACKGROUND, CYTOPLASM, NUCLEUS)
    )
    depth = math.log(background / value) / math.log(background / nucleus)
    low, high = 0.05**power, 1.05**power
    depth = ((depth + 0.05) ** power - low) / (high - low)
    return background * (nucleus / background) ** depth - 1


@pytest.mark.parametrize('power', [0.5, 0.8, 1.0, 1.5, 2.0])
def test_cytoplasm_is_bent_by_the_formula(power):
    img = cell()
    got = build().change(img, np.full(3, power))
    assert got.dtype == np.uint8
    for channel in range(3):
        assert got[18, 18, channel] == round(bent(power, channel))
    # Background and nucleus stay.
    assert (got[0, 0] == BACKGROUND).all() and (got[30, 30] == NUCLEUS).all()
    assert (img == cell()).all()


def test_each_channel_has_its_own_power():
    powers = np.array([0.5, 1.0, 2.0])
    got = build().change(cell(), powers)[18, 18]
    assert got[0] < CYTOPLASM[0] and got[1] == CYTOPLASM[1]
    assert got[2] > CYTOPLASM[2]


def test_powers_are_drawn_from_their_range():
    np.random.seed(0)
    curve = build(strength=math.log(2))
    powers = np.array([curve.draw()[0] for _ in range(500)])
    assert powers.shape == (500,)
    assert 0.5 <= powers.min() < 0.55 and 1.8 < powers.max() <= 2
    # As often deeper as paler.
    assert 0.44 < (powers < 1).mean() < 0.56
    curve = build(strength=0.0, channel_strength=0.3)
    logarithms = np.log([curve.draw()[0] for _ in range(500)])
    assert np.abs(logarithms).max() <= 0.3
    assert np.abs(np.corrcoef(logarithms.T) - np.eye(3)).max() < 0.15


def test_what_is_brighter_than_the_background_stays():
    img = cell()
    img[0, 0] = 255
    got = build().change(img, np.full(3, 2.0))
    assert (got[0, 0] == 255).all()


@pytest.mark.parametrize('value', [0, 128, 255])
def test_an_image_without_a_cell_stays(value):
    img = np.full((20, 20, 3), value, np.uint8)
    assert (build(prob=1)(dict(img=img.copy()))['img'] == img).all()


@pytest.mark.parametrize('name', ['strength', 'channel_strength'])
def test_what_it_refuses(name):
    with pytest.raises(InputError, match=f'{name}=-0.1 must not be below 0'):
        build(**{name: -0.1})
