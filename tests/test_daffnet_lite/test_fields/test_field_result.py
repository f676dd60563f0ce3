"""What a field's result shows of itself."""

import base64
import json
import re

import cv2
import numpy as np
import pandas as pd
import pytest
from fields import Painter, painted_field

from daffnet_lite.errors import InputError
from daffnet_lite.fields import FieldCell, FieldResult, predict_field
from daffnet_lite.fields.drawing import COLOURS

BOXES = [(118, 88, 182, 152), (388, 168, 452, 232), (20, 380, 70, 430)]


@pytest.fixture(scope='module')
def field():
    """Two white cells, and a box of something bright."""
    return painted_field([(150, 120), (420, 200)])


@pytest.fixture
def path(field, tmp_path):
    path = tmp_path / '<b>field.png'
    cv2.imwrite(str(path), field)
    return str(path)


def test_how_it_reads(field, path):
    result = predict_field(Painter(), path, BOXES)
    told = '3 cells: 2 dark, 1 bright; 1 to look at again'
    assert repr(result) == f'FieldResult({path}: {told})'
    assert str(result) == f'field {path}, {told}'
    assert repr(result.cells[0]) == 'FieldCell(118, 88, 182, 152: dark 95.0 %)'
    assert repr(result.cells[2]).endswith(': bright 75.0 % (unsure))')
    one = predict_field(Painter(), field, BOXES[:1])
    assert repr(one) == 'FieldResult(640 x 480 pixels: 1 cell: 1 dark)'
    none = predict_field(Painter(), field, [])
    assert repr(none) == 'FieldResult(640 x 480 pixels: 0 cells)'


def test_plain_values_of_whatever_a_classifier_gives():
    """Also numbers of NumPy, and such as JSON does not know."""
    answer = dict(
        pred_class='dark',
        pred_score=np.float32(0.75),
        pred_scores=np.array([0.75, np.nan], np.float32),
        attributes=dict(size=dict(value='big', probability=np.float64(0.5))),
        review='',
    )
    cell = FieldCell(tuple(np.array([1, 2, 30, 40])), answer)
    result = FieldResult(None, (np.int64(50), 60), ('dark', 'bright'), (cell,))
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert plain == result.to_dict()
    assert (plain['width'], plain['height']) == (60, 50)
    assert plain['cells'] == [
        dict(
            image='0',
            group='',
            x1=1,
            y1=2,
            x2=30,
            y2=40,
            cell_type='dark',
            probability=0.75,
            dark_probability=0.75,
            bright_probability=None,
            size='big',
            size_probability=0.5,
            review='',
        )
    ]
    assert [count['number'] for count in plain['differential_count']] == [1, 0]


def test_a_frame(field, path):
    result = predict_field(Painter(), path, BOXES)
    frame = result.to_frame()
    assert frame.to_dict('records') == result.rows()
    assert frame['group'].tolist() == [path] * 3
    assert frame[['x1', 'y1', 'x2', 'y2']].to_numpy().tolist() == [
        list(box) for box in BOXES
    ]
    empty = predict_field(Painter(), field, []).to_frame()
    assert len(empty) == 0 and list(empty) == list(frame)
    several = pd.concat([frame, empty, frame], ignore_index=True)
    assert len(several) == 6


@pytest.mark.parametrize('given', ['path', 'bgr', 'rgb', 'bytes'])
def test_a_figure(field, path, given):
    """The boxes are where they are said to be, in their colours."""
    source, options = {
        'path': (None, {}),
        'bgr': (field, {}),
        'rgb': (field[..., ::-1], dict(channel_order='rgb')),
        'bytes': (cv2.imencode('.png', field)[1].tobytes(), {}),
    }[given]
    result = predict_field(Painter(), path if source is None else field, BOXES)
    figure = result.plot(source, **options)
    (axes,) = figure.axes
    (image,) = axes.images
    assert image.get_extent() == [0, 640, 480, 0]
    values = image.get_array()
    for (x1, y1, x2, y2), colour in zip(BOXES, (0, 0, 1), strict=True):
        assert (values[y1 + 4 : y2 - 4, x1] == COLOURS[colour]).all()
        inside = slice(y1 + 8, y2 - 8), slice(x1 + 8, x2 - 8)
        assert (values[inside] == field[..., ::-1][inside]).all()
    assert axes.get_title() == '3 cells: 2 dark, 1 bright; 1 to look at again'
    figure.canvas.draw()


def test_a_figure_needs_its_field(field, path):
    result = predict_field(Painter(), field, BOXES)
    with pytest.raises(InputError, match='knows no file .*: give the image'):
        result.plot()
    with pytest.raises(InputError, match='640 x 240 pixels, .* 640 x 480'):
        result.plot(field[:240])
    gone = predict_field(Painter(), path, BOXES)
    with pytest.raises(InputError, match='does not exist'):
        FieldResult(path + '.no', gone.shape, gone.classes, gone.cells).plot()


def picture_in(text):
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', text)
    return [
        cv2.imdecode(np.frombuffer(base64.b64decode(content), np.uint8), 1)
        for content in found
    ]


def test_in_a_notebook(field, path):
    text = predict_field(Painter(), path, BOXES)._repr_html_()
    (picture,) = picture_in(text)
    assert picture.shape == (480, 640, 3)
    x1, y1, x2, _ = BOXES[0]
    line = picture[y1 + 1, x1 + 8 : x2 - 8, ::-1].astype(int)
    assert np.abs(line - COLOURS[0]).mean() < 40
    assert text.count('<tr>') == 4 and '<td>118, 88, 182, 152</td>' in text
    assert '<b>' not in text and '&lt;b&gt;field.png' in text
    assert '<td>unsure</td>' in text

    for empty in (painted_field([]), field):
        text = predict_field(Painter(), empty, [])._repr_html_()
        assert '0 cells' in text and '<table' not in text
        assert picture_in(text) == []


def test_of_very_many_cells_some_are_listed(field):
    result = predict_field(Painter(), field, BOXES[:1] * 400)
    text = result._repr_html_()
    assert text.count('<tr>') == 51 and 'the first 50 cells' in text
    assert len(result.to_frame()) == 400
