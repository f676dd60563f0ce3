import cv2
import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError


def build(**kwargs):
    return TRANSFORMS.build(dict(type='NormalizeStain', **kwargs))


def statistics(img):
    lab = cv2.cvtColor(img.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    return lab.mean(axis=(0, 1)), lab.std(axis=(0, 1))


def test_the_statistics_become_the_reference():
    # soft colours, so that nothing leaves the range of 8 bits
    img = (
        np.random.default_rng(0)
        .normal((150, 120, 140), (8, 6, 10), (60, 70, 3))
        .astype(np.uint8)
    )
    wanted = (70, 10, -5), (5, 4, 6)
    got = build(mean=wanted[0], std=wanted[1])(dict(img=img))['img']
    assert got.dtype == np.uint8 and got.shape == img.shape
    for value, target in zip(statistics(got), wanted, strict=True):
        assert np.abs(value - target).max() < 0.4


def test_own_statistics_change_nothing():
    img = np.random.default_rng(0).integers(40, 220, (30, 30, 3), np.uint8)
    mean, std = statistics(img)
    got = build(mean=mean, std=std)(dict(img=img))['img']
    assert np.abs(got.astype(int) - img).max() <= 1


def test_an_image_of_one_colour():
    got = build()(dict(img=np.full((9, 9, 3), 128, np.uint8)))['img']
    assert (got == got[0, 0]).all()
    assert np.abs(statistics(got)[0] - (79.1, 11.1, 7.1)).max() < 1


def test_what_it_refuses():
    with pytest.raises(InputError, match='three numbers'):
        build(mean=(1, 2))
    with pytest.raises(InputError, match='above 0'):
        build(std=(1, 0, 1))
