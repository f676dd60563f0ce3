from itertools import combinations

import cv2
import numpy as np
import pytest
from fields import Painter, painted_field

from daffnet_lite.fields import draw_field, predict_field
from daffnet_lite.fields.drawing import COLOURS, LARGEST_SIDE

#: What remains of linear red, green and blue where one kind of cone is
#: missing (Machado et al. 2009, severity 1).
BLINDNESS = dict(
    none=np.eye(3),
    protanopia=[
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    deuteranopia=[
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
)


@pytest.mark.parametrize('kind', BLINDNESS)
def test_colours_are_told_apart(kind):
    """The usual difference of colours: 2 is just seen, 10 at a glance."""
    linear = (np.array(COLOURS) / 255) ** 2.2
    seen = (linear @ np.array(BLINDNESS[kind]).T).clip(0, 1) ** (1 / 2.2)
    lab = cv2.cvtColor(seen[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]
    for one, other in combinations(lab, 2):
        assert np.linalg.norm(one - other) > 10


def test_boxes_and_text_are_drawn():
    field = painted_field([(150, 120), (420, 200)])
    result = predict_field(Painter(), field)
    picture = draw_field(field, result)
    assert picture.shape == field.shape
    changed = (picture != field).any(axis=2)
    rgb = picture[..., ::-1]
    for x1, y1, x2, y2 in result.boxes:
        assert (rgb[y1, x1 + 4 : x2 - 4] == COLOURS[0]).all()
        assert (rgb[y1 + 4 : y2 - 4, x1] == COLOURS[0]).all()
        # The cell itself stays to be seen.
        assert not changed[y1 + 5 : y2 - 5, x1 + 5 : x2 - 5].any()
        label = rgb[y1 - 12 : y1 - 4, x1 : x1 + 60]
        assert (label == 255).all(axis=2).any()


def test_labels_at_the_border_lie_within():
    field = np.full((200, 300, 3), 220, np.uint8)
    boxes = [(0, 0, 60, 60), (240, 140, 300, 200)]
    picture = draw_field(field, predict_field(Painter(), field, boxes))
    label = (picture[..., ::-1] == COLOURS[1]).all(axis=2)
    assert label[60:80, :40].sum() > 300 and label[120:140].sum() > 300


def test_a_large_field_is_drawn_smaller():
    field = np.full((2 * LARGEST_SIDE, 100, 3), 220, np.uint8)
    result = predict_field(Painter(), field, [(10, 10, 90, 90)])
    assert draw_field(field, result).shape == (LARGEST_SIDE, 50, 3)


@pytest.mark.parametrize(('cell', 'times'), [(60, 1), (400, 3)])
def test_text_grows_with_picture_and_cells(cell, times):
    """In a large picture of small cells it would hide the neighbours."""
    field = np.full((2000, 3000, 3), 220, np.uint8)
    x, y = 1000, 1000
    result = predict_field(Painter(), field, [(x, y, x + cell, y + cell)])
    label = (draw_field(field, result)[:y, :, ::-1] == COLOURS[1]).all(axis=2)
    height = np.flatnonzero(label.any(axis=1)).size
    assert 12 * times < height < 24 * times
