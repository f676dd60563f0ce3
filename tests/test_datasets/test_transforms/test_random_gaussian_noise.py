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


@pytest.mark.parametrize('std', [(-1, 2), (3, 2)])
def test_what_it_refuses(std):
    with pytest.raises(InputError, match='a range of grey levels'):
        build(std=std)
