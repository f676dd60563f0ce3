import numpy as np
import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.pixel_values import check_bit_depth, to_eight_bits

SHADES = np.arange(256).reshape(16, 16)


@pytest.mark.parametrize(
    ('values', 'bit_depth'),
    [
        (SHADES.astype(np.uint8), None),
        (SHADES.astype(np.uint8), 12),
        ((SHADES * 257).astype(np.uint16), None),
        ((SHADES * 257).astype('>u2'), None),
        (np.rint(SHADES * 4095 / 255).astype(np.uint16), 12),
        (SHADES.astype(np.int32), 8),
        (SHADES.astype(np.uint64), 8),
        (np.rint(SHADES * 16383 / 255).astype(np.int16), 14),
        ((SHADES / 255).astype(np.float32), None),
        ((SHADES / 255).astype(np.float64), 12),
        ((SHADES / 255).astype('>f4'), None),
    ],
)
def test_black_and_white_by_type(values, bit_depth):
    scaled, remarks = to_eight_bits(values, bit_depth)
    assert scaled.dtype == np.uint8 and remarks == ()
    assert (scaled == SHADES).all()


def test_one_bit():
    assert to_eight_bits(np.eye(2, dtype=bool))[0].tolist() == [
        [255, 0],
        [0, 255],
    ]


@pytest.mark.parametrize(
    ('brightest', 'bits'),
    [(255, 8), (256, 10), (1023, 10), (4095, 12), (4096, 14), (16383, 14)],
)
def test_a_camera_that_leaves_the_upper_bits_empty(brightest, bits):
    values = np.full((4, 4, 3), brightest, np.uint16)
    _, (remark,) = to_eight_bits(values)
    assert f'lower {bits} of its 16 bits' in remark
    assert f'--bit-depth {bits} ' in remark
    # alpha says nothing of the camera
    alpha = np.full((4, 4, 1), 65535, np.uint16)
    _, remarks = to_eight_bits(np.concatenate([values, alpha], axis=2))
    assert remarks == (remark,)
    # who names a depth knows
    assert to_eight_bits(values, 16)[1] == ()
    assert to_eight_bits(values, bits)[1] == ()


def test_a_dark_picture_of_all_bits_is_none_of_a_camera():
    assert to_eight_bits(np.full((4, 4), 16384, np.uint16))[1] == ()


def test_values_beyond_the_depth_are_cut_and_said():
    values = np.array([[0, 4095, 4096, 65535]], np.uint16)
    scaled, (remark,) = to_eight_bits(values, 12)
    assert scaled.tolist() == [[0, 255, 255, 255]]
    assert 'values above 4095' in remark


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        (np.ones((2, 2), np.int32), 'int32.*save it with 8 bits.*--bit-depth'),
        (np.ones((2, 2), np.int16), 'int16'),
        (np.full((2, 2), 255, np.float32), 'floats from 255 to 255'),
        (np.full((2, 2), -0.5, np.float32), 'floats from -0.5'),
        (np.array([[0, np.nan]]), 'floats'),
        (np.array([[0, np.inf]]), 'floats'),
        (np.ones((2, 2), complex), 'complex128 are no pixels'),
        (np.full((2, 2), 'a'), 'are no pixels'),
    ],
)
def test_what_has_no_known_white_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        to_eight_bits(values)


def test_signed_values_below_black():
    with pytest.raises(ValueError, match='below 0'):
        to_eight_bits(np.full((2, 2), -1, np.int16), 12)


def test_floats_may_overshoot_a_little():
    values = np.array([[-0.005, 0, 1, 1.005]])
    assert to_eight_bits(values)[0].tolist() == [[0, 0, 255, 255]]


@pytest.mark.parametrize('bit_depth', [0, 7, 17, 12.5])
def test_depths_that_no_camera_has(bit_depth):
    with pytest.raises(InputError, match='from 8 to 16'):
        check_bit_depth(bit_depth)
