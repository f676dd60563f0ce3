import numpy as np
import pytest
from mmcv.transforms.utils import cache_random_params
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

IMG = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)

#: Those that change images at random, with their first argument.
RANDOM = dict(
    RandomColourTable=dict(strength=0.5),
    RandomFading=dict(factor=(0.6, 0.7)),
    RandomGamma=dict(strength=0.4),
    RandomGaussianNoise=dict(std=(4.0, 8.0)),
    RandomHueSaturation=dict(hue=0.2),
    RandomIlluminant=dict(gain=0.4),
    RandomJPEG=dict(quality=(10, 30)),
    RandomStainCurve=dict(strength=0.7),
    RandomStainJitter=dict(scale=0.4),
    RandomZoom=dict(zoom=(1.5, 2.0)),
)
#: Those that change all.
STEADY = (
    'ApplyProfile',
    'CropCell',
    'FrameCell',
    'NormalizeBackground',
    'NormalizeStain',
)


def build(name, **kwargs):
    return TRANSFORMS.build(dict(type=name, **kwargs))


@pytest.mark.parametrize('name', RANDOM)
def test_how_many_images_are_changed(name):
    np.random.seed(0)
    before = IMG.copy()
    half = build(name, prob=0.5, **RANDOM[name])
    results = [half(dict(img=IMG))['img'] for _ in range(200)]
    changed = [img for img in results if img is not IMG]
    assert 70 < len(changed) < 130
    assert (before == IMG).all()
    assert all(img.dtype == np.uint8 for img in changed)
    assert all(img.shape == IMG.shape for img in changed)
    assert (changed[0] != changed[1]).any()
    assert build(name, prob=0)(dict(img=IMG))['img'] is IMG


@pytest.mark.parametrize('name', RANDOM)
def test_several_images_of_a_sample_are_changed_alike(name):
    transform = build(name, prob=0.5, **RANDOM[name])
    for _ in range(4):
        with cache_random_params(transform):
            first, second = (transform(dict(img=IMG)) for _ in range(2))
        assert (first['img'] == second['img']).all()


@pytest.mark.parametrize('name', [*STEADY, *RANDOM])
def test_other_images_are_refused(name):
    transform = build(name, **RANDOM.get(name, {}))
    for img in (IMG[..., 0], IMG / 255, np.dstack([IMG, IMG[..., 0]])):
        if name == 'RandomZoom':  # which changes no colour
            assert transform(dict(img=img))['img'].shape == img.shape
            continue
        with pytest.raises(InputError, match=f'{name} takes 8-bit colour'):
            transform(dict(img=img))


def test_representation():
    assert repr(build('RandomFading')) == (
        'RandomFading(factor=(0.5, 1.1), prob=0.5)'
    )
    assert repr(build('CropCell', which='central', margin=0.2)) == (
        "CropCell(which='central', margin=0.2, chain='own')"
    )
