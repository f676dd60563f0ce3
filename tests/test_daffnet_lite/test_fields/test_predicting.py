import json

import cv2
import numpy as np
import pytest
from fields import CLASSES, Painter, painted_field
from PIL import Image

from daffnet_lite.answers import differential_count
from daffnet_lite.errors import InputError
from daffnet_lite.fields import FieldResult, predict_field

MIDDLES = [(150, 120), (420, 200), (250, 370)]


@pytest.fixture(scope='module')
def field():
    return painted_field(MIDDLES)


def test_each_painted_cell_is_found_and_typed(field):
    result = predict_field(Painter(), field)
    assert len(result.cells) == 3 and result.shape == (480, 640)
    found = sorted(
        ((x1 + x2) / 2, (y1 + y2) / 2) for x1, y1, x2, y2 in result.boxes
    )
    np.testing.assert_allclose(found, sorted(MIDDLES), atol=6)
    assert {cell.cell_type for cell in result.cells} == {'dark'}
    assert result.count == differential_count(['dark'] * 3, CLASSES)
    assert str(result) == 'field 640 x 480 pixels, 3 cells: 3 dark'
    assert result.warnings == ('it is no network',)


@pytest.mark.parametrize('margin', [0, 0.1, 0.5])
def test_the_margin_is_on_each_side(field, margin):
    painter = Painter()
    predict_field(painter, field, [(120, 90, 180, 130)], margin)
    assert painter.sizes == [(60 * (1 + 2 * margin),) * 2]


def test_all_cells_at_one_scale(field):
    painter = Painter(side=100)
    boxes = [(120, 90, 180, 130), (0, 0, 20, 20), (300, 300, 420, 380)]
    result = predict_field(painter, field, boxes)
    # None is cut into: the last is larger.
    assert painter.sizes == [(100, 100), (100, 100), (144, 144)]
    assert 'squares of 100 pixels' in result.warnings[0]
    predict_field(painter, field, boxes[:1], margin=0)
    assert painter.sizes[3:] == [(60, 60)]


def test_the_scale_is_measured_around_the_cells(field):
    """On no more of them than enough, spread over all."""

    class Asks(Painter):
        def window(self, looked_at):
            self.looked_at = looked_at()
            return None

    painter = Asks()
    boxes = [(150 + n, 150, 170 + n, 170) for n in range(200)]
    result = predict_field(painter, field, boxes)
    assert result.warnings == ('it is no network',)
    # Unknown: with a tenth on each side.
    assert painter.sizes == [(24, 24)] * 200
    assert len(painter.looked_at) == 100
    # Three times the side of a cell.
    assert {measured.side for measured in painter.looked_at} == {60}


def test_given_boxes_keep_their_order(field):
    boxes = [(10, 10, 40, 40), (130.4, 100.2, 170, 141), (600, 440, 700, 500)]
    result = predict_field(Painter(), field, boxes)
    assert result.boxes == [
        (10, 10, 40, 40),
        (130, 100, 170, 141),
        (600, 440, 640, 480),
    ]
    assert result.cells[1].cell_type == 'dark'


@pytest.mark.parametrize(
    ('box', 'said'),
    [
        ((5, 5, 5, 9), 'box 2: 5, 5, 5, 9 is no box'),
        ((5, 5, 9), 'box 2 must be four numbers'),
        ((700, 5, 800, 50), 'box 2: the box 700, 5, 800, 50'),
        ((0, 0, float('nan'), 9), 'is no box'),
    ],
)
def test_bad_boxes(field, box, said):
    with pytest.raises(InputError, match=said):
        predict_field(Painter(), field, [(0, 0, 20, 20), box])


@pytest.mark.parametrize('boxes', [None, []])
def test_an_empty_field_has_no_cells(boxes):
    result = predict_field(Painter(), painted_field([]), boxes)
    assert result.cells == () and result.count == [] and result.rows() == []
    assert str(result).endswith('0 cells')


def test_a_cell_without_an_answer_costs_no_other(field):
    result = predict_field(Painter(broken=[1]), field)
    whole = predict_field(Painter(), field)
    assert result.boxes == [whole.boxes[0], whole.boxes[2]]
    assert result.errors == (
        f'the cell at {whole.boxes[1]} has no answer: it is broken',
    )


def test_whatever_holds_the_field_has_the_same_cells(field, tmp_path):
    path = tmp_path / 'field.png'
    cv2.imwrite(str(path), field)
    boxes = predict_field(Painter(), field).boxes
    for source in (
        path,
        str(path),
        path.read_bytes(),
        Image.open(path),
        np.ascontiguousarray(
            np.dstack([field, np.full(field.shape[:2], 255, np.uint8)])
        ),
    ):
        result = predict_field(Painter(), source)
        assert result.boxes == boxes
    assert predict_field(Painter(), str(path)).field == str(path)


def test_plain_values(field):
    result = predict_field(Painter(), field, [(130, 100, 170, 141)])
    told = json.loads(json.dumps(result.to_dict()))
    assert (told['width'], told['height']) == (640, 480)
    (row,) = told['cells']
    assert row == dict(
        image='0',
        group='',
        x1=130,
        y1=100,
        x2=170,
        y2=141,
        cell_type='dark',
        probability=0.95,
        dark_probability=0.95,
        bright_probability=pytest.approx(0.05),
        review='',
    )
    assert isinstance(result, FieldResult)


def test_a_margin_that_is_none(field):
    with pytest.raises(InputError, match='the margin is 3'):
        predict_field(Painter(), field, margin=3)
