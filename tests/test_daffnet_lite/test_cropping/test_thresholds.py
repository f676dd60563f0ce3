"""Otsu's thresholds against scikit-image's."""

import cv2
import numpy as np
import pytest
from skimage.filters import threshold_multiotsu, threshold_otsu
from smears import smear

from daffnet_lite.cropping.thresholds import lowest_of_three, otsu_threshold


def as_framed(img):
    """The image in which a frame measures the nucleus."""
    small = cv2.resize(img[..., 1], (64, 64), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (3, 3), 0)


def real_images(real, number):
    """Cells of four laboratories."""
    for name in ('pbc', 'raabin', 'BCCD_cropped', 'jtsc'):
        files = [
            file
            for file in sorted(real(name).rglob('*'))
            if file.suffix in ('.jpg', '.bmp') and file.name[0] != '.'
        ]
        for file in files[:: max(1, len(files) // number)]:
            yield cv2.imread(str(file))


def check_three(img):
    small = as_framed(img)
    assert lowest_of_three(small) == threshold_multiotsu(small, classes=3)[0]


def check_two(img):
    light = np.log(np.maximum(img, 8).astype(np.float32))
    for values in (light[..., 1], light[::3, :, 2] / 3):
        assert otsu_threshold(values) == threshold_otsu(values)


def test_painted_cells():
    for seed in range(40):
        img = smear(seed, red_cell=42, side=200)
        check_three(img)
        check_two(img)


def test_real_cells(real):
    number = 0
    for img in real_images(real, 60):
        check_three(img)
        check_two(img)
        number += 1
    assert number > 200


@pytest.mark.parametrize('levels', [2, 3, 4, 5, 9])
def test_few_levels(levels):
    rng = np.random.default_rng(levels)
    for _ in range(20):
        values = rng.choice(256, levels, replace=False).astype(np.uint8)
        img = rng.choice(values, (20, 30))
        img.flat[:levels] = values
        if levels == 2:
            assert lowest_of_three(img) is None
        else:
            want = threshold_multiotsu(img, classes=3)[0]
            assert lowest_of_three(img) == want
        assert otsu_threshold(img / 7) == threshold_otsu(img / 7)


def test_noise_of_every_level():
    rng = np.random.default_rng(0)
    for _ in range(20):
        img = rng.integers(0, 256, (64, 64), np.uint8)
        assert lowest_of_three(img) == threshold_multiotsu(img, classes=3)[0]


def test_one_value():
    assert otsu_threshold(np.full((3, 4), 0.5)) == 0.5
    assert lowest_of_three(np.full((3, 4), 7, np.uint8)) is None
