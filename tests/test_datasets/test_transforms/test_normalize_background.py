import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError


def build(**kwargs):
    return TRANSFORMS.build(dict(type='NormalizeBackground', **kwargs))


@pytest.fixture
def cell():
    """A cell (a quarter of the image) on a yellowish background, BGR."""
    img = np.full((40, 40, 3), (200, 230, 250), np.uint8)
    img[10:30, 10:30] = (80, 46, 125)
    return img


def test_the_background_becomes_white(cell):
    got = build()(dict(img=cell))['img']
    assert got[0, 0].tolist() == [255, 255, 255]
    # each channel by its own factor: 255/200, 255/230, 255/250
    assert got[20, 20].tolist() == [102, 51, 128]
    assert build(white=230)(dict(img=cell))['img'][0, 0].tolist() == [230] * 3


def test_percentile_against_numpy():
    img = np.random.default_rng(0).integers(0, 256, (37, 41, 3), np.uint8)
    for percentile in (5, 50, 95, 100):
        wanted = np.percentile(
            img.reshape(-1, 3), percentile, axis=0, method='inverted_cdf'
        )
        assert (build(percentile=percentile).background(img) == wanted).all()


def test_without_background(cell):
    dark = cell // 10
    got = build(max_gain=2)(dict(img=dark))['img']
    assert (got == 2 * dark).all()  # not 255 / 20
    black = np.zeros_like(cell)
    assert (build()(dict(img=black))['img'] == 0).all()


@pytest.mark.parametrize(
    'options',
    [
        dict(percentile=0),
        dict(percentile=101),
        dict(white=300),
        dict(max_gain=0),
    ],
)
def test_what_it_refuses(options):
    with pytest.raises(InputError, match=f'{next(iter(options))}='):
        build(**options)
