import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

IMG = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomFading', **kwargs))


@pytest.mark.parametrize('factor', [0.5, 1.0, 1.3])
def test_by_the_formula(factor):
    got = build(factor=(factor, factor), prob=1.0)(dict(img=IMG))['img']
    assert got.dtype == np.uint8
    wanted = np.clip(255 - factor * (255.0 - IMG), 0, 255)
    assert np.abs(got - wanted).max() <= 0.501


def test_white_stays_white():
    white = np.full((4, 4, 3), 255, np.uint8)
    assert (build(prob=1.0)(dict(img=white))['img'] == 255).all()


def test_range_and_refusals():
    np.random.seed(0)
    fading = build(factor=(0.6, 1.2))
    factors = [fading.draw()[0] for _ in range(500)]
    assert 0.6 <= min(factors) < 0.61 and 1.19 < max(factors) <= 1.2
    for factor in ((0, 1), (1.2, 1.0)):
        with pytest.raises(InputError, match='must be a range of factors'):
            build(factor=factor)
