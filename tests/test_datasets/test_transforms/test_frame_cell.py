import cv2
import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets.transforms.frame_cell import FrameCell


def cell(side, nucleus, centre=None):
    """A dark disc in a pink one on bright glass."""
    img = np.full((side, side, 3), 230, np.uint8)
    centre = centre or (side // 2, side // 2)
    cv2.circle(img, centre, round(1.3 * nucleus), (190, 150, 200), -1)
    cv2.circle(img, centre, nucleus, (120, 40, 90), -1)
    return img


def test_a_wide_view_is_cropped_about_its_middle():
    img = cell(200, 25)
    got = TRANSFORMS.build(dict(type='FrameCell', share=0.5))(
        dict(img=img, img_shape=(200, 200))
    )
    assert got['img_shape'] == got['img'].shape[:2] == (100, 100)
    assert (got['img'] == img[50:150, 50:150]).all()
    oblong = FrameCell(share=0.5)(dict(img=cell(200, 25)[:, 20:180]))
    assert oblong['img'].shape == (100, 80, 3)


def test_a_tight_view_stays_whole():
    img = cell(100, 35)
    got = FrameCell()(dict(img=img, img_shape=(100, 100)))
    assert got['img'] is img and got['img_shape'] == (100, 100)


def test_cells_of_one_laboratory_keep_their_scale():
    small, big = (
        FrameCell()(dict(img=cell(360, radius)))['img'] for radius in (40, 65)
    )
    assert small.shape == big.shape == (238, 238, 3)


def test_an_empty_image_is_a_wide_view():
    got = FrameCell()(dict(img=np.full((50, 50, 3), 200, np.uint8)))
    assert got['img'].shape == (33, 33, 3)
    assert FrameCell()(dict(img=np.zeros((1, 1, 3), np.uint8)))[
        'img'
    ].shape == (1, 1, 3)


def test_bad_arguments():
    for share in (0, 1.1):
        with pytest.raises(InputError, match=f'share={share} must be above'):
            FrameCell(share=share)
    with pytest.raises(InputError, match='tight=2 must lie between 0 and 1'):
        FrameCell(tight=2)
