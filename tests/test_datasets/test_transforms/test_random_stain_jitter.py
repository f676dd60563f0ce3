import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

color = pytest.importorskip('skimage.color')

IMG = np.random.default_rng(0).integers(0, 256, (50, 60, 3), np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomStainJitter', **kwargs))


@pytest.mark.parametrize('stains', ['hed', 'bex'])
@pytest.mark.parametrize(
    ('factors', 'shifts'),
    [
        ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0)),
        ((1.2, 0.8, 1.1), (0.0, 0.0, 0.0)),
        ((0.7, 1.3, 1.0), (0.05, -0.03, 0.02)),
    ],
)
def test_against_scikit_image(stains, factors, shifts):
    factors, shifts = np.array(factors), np.array(shifts)
    got = build(stains=stains).change(IMG, factors, shifts)
    amounts = color.separate_stains(
        IMG[..., ::-1], getattr(color, f'{stains}_from_rgb')
    )
    # scikit-image counts in units of -log(1e-6)
    amounts = amounts * factors + shifts / -np.log(1e-6)
    wanted = color.combine_stains(
        amounts, getattr(color, f'rgb_from_{stains}')
    )
    assert np.abs(got - 255.0 * wanted[..., ::-1]).max() <= 0.51
    if stains == 'hed' and not shifts.any() and (factors == 1).all():
        same = color.hed2rgb(color.rgb2hed(IMG[..., ::-1]))
        assert np.abs(got - 255.0 * same[..., ::-1]).max() <= 0.51


def test_ranges():
    np.random.seed(0)
    jitter = build(scale=0.2, shift=0.04)
    changes = [jitter.draw() for _ in range(500)]
    factors, shifts = (np.array(c) for c in zip(*changes, strict=True))
    assert 0.8 <= factors.min() < 0.81 and 1.19 < factors.max() <= 1.2
    assert abs(shifts).max() <= 0.04 and shifts.min() < 0 < shifts.max()


def test_black_and_white_stay_in_range():
    img = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    got = build().change(img, np.ones(3), np.full(3, -1.0))
    assert got[0, 1].tolist() == [255, 255, 255]
    assert build().change(img, np.full(3, 2.0), np.zeros(3))[0, 0].max() == 0


def test_what_it_refuses():
    with pytest.raises(InputError, match="stains='wright' must be one of"):
        build(stains='wright')
    with pytest.raises(InputError, match='must not be below 0'):
        build(scale=-1)
