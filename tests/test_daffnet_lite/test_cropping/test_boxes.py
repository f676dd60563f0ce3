import numpy as np
import pytest

from daffnet_lite.cropping import crop_window, cut_window
from daffnet_lite.cropping.boxes import check_margin
from daffnet_lite.errors import InputError


@pytest.mark.parametrize(
    ('box', 'margin', 'wanted'),
    [
        ((40, 50, 60, 60), 0, (40, 45, 60, 65)),  # square around the middle
        ((40, 50, 60, 60), 0.1, (38, 43, 62, 67)),
        ((0, 0, 20, 10), 0.1, (0, 0, 24, 24)),  # moved inside
        ((180, 95, 200, 100), 0, (180, 80, 200, 100)),
        ((0, 0, 150, 100), 0, (0, 0, 150, 100)),  # higher than the image: cut
        ((10, 0, 190, 100), 0.5, (0, 0, 200, 100)),
    ],
)
def test_crop_window(box, margin, wanted):
    assert crop_window(box, (100, 200), margin) == wanted


@pytest.mark.parametrize(
    ('box', 'side', 'columns', 'rows'),
    [
        ((40, 50, 60, 60), 30, (35, 65), (40, 70)),
        ((40, 50, 61, 60), 5, (48, 53), (52, 57)),  # smaller than the cell
        ((0, 0, 20, 10), 40, (-10, 30), (-15, 25)),
        ((190, 60, 230, 100), 100, (160, 260), (30, 130)),
        ((0, 0, 200, 100), 300, (-50, 250), (-100, 200)),
    ],
)
def test_what_lies_beyond_is_continued(box, side, columns, rows):
    image = np.random.default_rng(0).integers(0, 255, (100, 200, 3), np.uint8)
    x = np.clip(np.arange(*columns), 0, 199)
    y = np.clip(np.arange(*rows), 0, 99)
    window = cut_window(image, box, side)
    np.testing.assert_array_equal(window, image[y][:, x])
    assert not np.shares_memory(window, image)


def test_a_window_beside_the_image():
    image = np.zeros((100, 200, 3), np.uint8)
    with pytest.raises(ValueError, match='no pixel in the image of 200 x 100'):
        cut_window(image, (300, 0, 320, 20), 50)


@pytest.mark.parametrize('margin', [-0.1, 2.5, float('nan')])
def test_bad_margin(margin):
    with pytest.raises(InputError, match='must lie between 0 and 2'):
        check_margin(margin)
