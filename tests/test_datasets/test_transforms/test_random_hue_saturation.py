import cv2
import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

# Not near black or white, so that nothing is cut off.
IMG = np.random.default_rng(0).integers(100, 156, (20, 30, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomHueSaturation', **kwargs))


def luma(img):
    return img @ np.array([0.114, 0.587, 0.299])


def test_nothing_changes_without_change():
    assert (build().change(IMG, 0.0, 1.0) == IMG).all()


def test_without_saturation_it_is_grey():
    got = build().change(IMG, 0.2, 0.0)
    assert (got == got[..., :1]).all()
    grey = cv2.cvtColor(IMG, cv2.COLOR_BGR2GRAY).astype(int)
    assert np.abs(got[..., 0] - grey).max() <= 1


def test_turns_keep_luma_and_add_up():
    colour = build()
    turned = colour.change(IMG, 0.1, 1.0)
    assert (turned != IMG).mean() > 0.9
    assert np.abs(luma(turned) - luma(IMG)).max() <= 1
    back = colour.change(turned, -0.1, 1.0)
    assert np.abs(back.astype(int) - IMG).max() <= 2
    # Half a turn mirrors the colour differences at grey.
    half = colour.change(IMG, 0.5, 1.0)
    grey = luma(IMG)[..., None]
    assert np.abs(half - (2 * grey - IMG)).max() <= 1


def test_saturation_stretches_the_distance_from_grey():
    got = build().change(IMG, 0.0, 1.5)
    grey = luma(IMG)[..., None]
    assert np.abs(got - (grey + 1.5 * (IMG - grey))).max() <= 1


def test_range_and_refusals():
    np.random.seed(0)
    colour = build(hue=0.1, saturation=0.3)
    turns, factors = np.array([colour.draw() for _ in range(500)]).T
    assert -0.1 <= turns.min() < -0.09 and 0.09 < turns.max() <= 0.1
    assert 0.7 <= factors.min() < 0.72 and 1.28 < factors.max() <= 1.3
    for kwargs in (dict(hue=0.6), dict(saturation=1.1)):
        with pytest.raises(InputError, match='must lie between'):
            build(**kwargs)
