import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

IMG = np.full((100, 100, 3), 128, np.uint8)


def build(**kwargs):
    return TRANSFORMS.build(dict(type='RandomGaussianNoise', **kwargs))


def test_mean_and_deviation():
    np.random.seed(0)
    noise = build(std=(6.0, 6.0), prob=1)
    got = noise(dict(img=IMG))['img']
    assert got.dtype == np.uint8 and got.shape == IMG.shape
    gaps = got.astype(float) - IMG
    assert abs(gaps.mean()) < 0.2 and abs(gaps.std() - 6) < 0.2
    # pixels and channels for themselves
    correlation = np.corrcoef(gaps.reshape(-1, 3).T)
    assert np.abs(correlation - np.eye(3)).max() < 0.05
    assert (noise(dict(img=IMG))['img'] != got).any()


def test_it_follows_the_seed_and_stays_in_range():
    noise = build(std=(40.0, 40.0), prob=1)
    images = []
    for _ in range(2):
        np.random.seed(3)
        images.append(noise(dict(img=np.full_like(IMG, 250)))['img'])
    assert (images[0] == images[1]).all()
    assert images[0].max() == 255 and images[0].min() > 50


def gaps_of(**kwargs):
    np.random.seed(1)
    img = build(std=(6.0, 6.0), prob=1, **kwargs)(dict(img=IMG))['img']
    return img.astype(float) - IMG


def neighbours(gaps, pixels):
    """The correlation of values that lie so many pixels beside each other."""
    return np.corrcoef(gaps[:, pixels:].ravel(), gaps[:, :-pixels].ravel())[
        0, 1
    ]


def test_grains_of_several_pixels():
    fine, coarse = gaps_of(), gaps_of(grain=(4, 4))
    # As strong as fine ones.
    assert abs(coarse.std() - fine.std()) < 0.2
    assert abs(neighbours(fine, 1)) < 0.03
    assert neighbours(coarse, 1) > 0.7 and abs(neighbours(coarse, 8)) < 0.15


def test_small_grains_are_as_frequent_as_large_ones():
    noise = build(std=(6.0, 6.0), prob=1, grain=(1, 4))
    np.random.seed(2)
    correlations = [
        neighbours(noise(dict(img=IMG))['img'].astype(float) - IMG, 1)
        for _ in range(300)
    ]
    # Those below 2 pixels are half of them.
    limit = neighbours(gaps_of(grain=(2, 2)), 1)
    assert 0.4 < np.mean(np.array(correlations) < limit) < 0.6


def test_channels_with_one_noise():
    grey = gaps_of(grey=1.0)
    assert (grey == grey[..., :1]).all()
    assert not (gaps_of() == gaps_of()[..., :1]).all()
    noise = build(prob=1, std=(9.0, 9.0), grey=0.25)
    np.random.seed(0)
    images = [noise(dict(img=IMG))['img'] for _ in range(200)]
    share = np.mean([(img == img[..., :1]).all() for img in images])
    assert 0.15 < share < 0.35


@pytest.mark.parametrize(
    ('wrong', 'sentence'),
    [
        (dict(std=(-1, 2)), 'a range of grey levels'),
        (dict(std=(3, 2)), 'a range of grey levels'),
        (dict(grain=(0.5, 2)), 'a range of pixels'),
        (dict(grain=(3, 2)), 'a range of pixels'),
        (dict(grey=1.5), 'a share of 0 to 1'),
    ],
)
def test_what_it_refuses(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        build(**wrong)
