import cv2
import numpy as np
import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.framing import CellFrame, nucleus_size


def cell(side, nucleus, centre=None):
    """A dark disc in a pink one on bright glass."""
    img = np.full((side, side, 3), 230, np.uint8)
    centre = centre or (side // 2, side // 2)
    cv2.circle(img, centre, round(1.3 * nucleus), (190, 150, 200), -1)
    cv2.circle(img, centre, nucleus, (120, 40, 90), -1)
    return img


@pytest.mark.parametrize('side', [64, 90, 360])
def test_nucleus_size_is_the_root_of_its_share(side):
    radius = side // 5
    want = np.sqrt(np.pi * radius**2) / side
    assert nucleus_size(cell(side, radius)) == pytest.approx(want, abs=0.03)


def test_lobes_count_together_and_neighbours_do_not():
    img = cell(200, 20, (80, 100))
    lobe = cell(200, 20, (120, 100))
    img = np.minimum(img, lobe)
    two = nucleus_size(img)
    assert two == pytest.approx(np.sqrt(2 * np.pi * 20**2) / 200, abs=0.03)
    img[:, :25] = (120, 40, 90)
    assert nucleus_size(img) == pytest.approx(two, abs=0.03)


def test_the_frame_is_a_share_about_the_middle():
    img = cell(200, 25)[:, 20:181]
    got = CellFrame(share=0.5)(img)
    assert got.flags.c_contiguous
    assert (got == img[50:150, 40:120]).all()
    tight = cell(100, 35)
    assert CellFrame()(tight) is tight
    assert CellFrame(tight=1)(tight).shape == (66, 66, 3)


def test_bad_settings():
    with pytest.raises(InputError, match='share=0 must be above 0'):
        CellFrame(share=0)
    with pytest.raises(InputError, match='tight=-1 must lie between'):
        CellFrame(tight=-1)
