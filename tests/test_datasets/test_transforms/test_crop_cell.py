import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.cropping import segment_cells
from daffnet_lite.errors import InputError
from daffnet_mm.datasets.synthetic import render_cell
from daffnet_mm.datasets.transforms.crop_cell import CropCell

LYMPHOCYTE = [1, 1, 5, 0, 0, 0, 0, 0, 1, 0, 0]
NEUTROPHIL = [0, 1, 3, 1, 0, 0, 0, 1, 3, 1, 1]


def two_cells():
    """A small cell in the middle, a large one beside it."""
    canvas = np.empty((256, 384, 3), np.uint8)
    small = render_cell(LYMPHOCYTE, 128, 1)
    canvas[:] = np.percentile(small, 95, axis=(0, 1))
    canvas[64:192, 128:256] = small
    canvas[64:192, 256:] = render_cell(NEUTROPHIL, 128, 2)
    return canvas


@pytest.mark.parametrize('which', ['largest', 'central'])
def test_which_cell(which):
    img = two_cells()
    cells = segment_cells(img)
    assert len(cells) == 2
    middle = [abs((c.box[0] + c.box[2]) / 2 - 192) for c in cells]
    wanted = cells[0 if which == 'largest' else int(np.argmin(middle))]
    got = TRANSFORMS.build(dict(type='CropCell', which=which, margin=0))(
        dict(img=img)
    )
    assert got['cell_found'] is True
    x1, y1, x2, y2 = got['cell_box']
    assert x2 - x1 == y2 - y1
    assert x1 <= wanted.box[0] and x2 >= wanted.box[2]
    assert y1 <= wanted.box[1] and y2 >= wanted.box[3]
    assert (got['img'] == img[y1:y2, x1:x2]).all()
    assert got['img_shape'] == got['img'].shape[:2]


def test_without_a_cell_the_image_stays():
    img = np.full((60, 80, 3), 225, np.uint8)
    got = CropCell()(dict(img=img))
    assert got['cell_found'] is False
    assert got['cell_box'] == (0, 0, 80, 60)
    assert (got['img'] == img).all() and got['img_shape'] == (60, 80)


def test_bad_arguments():
    with pytest.raises(InputError, match="which='first' must be 'largest'"):
        CropCell(which='first')
    with pytest.raises(InputError, match='margin is -1'):
        CropCell(margin=-1)
