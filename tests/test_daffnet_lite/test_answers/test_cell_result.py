"""One answer: a dict that can show itself."""

import json
from html.parser import HTMLParser

import cv2
import numpy as np
import pandas as pd
import pytest

from daffnet_lite.answers import CellResult, as_row
from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES

SCORES = np.array([0.01, 0.02, 0.03, 0.04, 0.9], np.float32)


def cell(image=None, review='', **changes):
    values = dict(
        image=image,
        pred_class='neutrophil',
        pred_label=4,
        pred_score=0.9,
        pred_scores=SCORES,
        attributes={
            name: dict(value=values[0], probability=0.75)
            for name, values in WBC_ATTRIBUTES.items()
        },
        review=review,
        review_score=-1.0,
    )
    return CellResult({**values, **changes}, WBC5_CLASSES)


@pytest.fixture
def image(tmp_path):
    path = tmp_path / '<b>cell.png'
    cv2.imwrite(str(path), np.full((60, 90, 3), (0, 0, 250), np.uint8))
    return str(path)


def test_it_is_the_dict_that_it_was(image):
    values = dict(cell(image))
    assert isinstance(cell(image), dict)
    assert cell(image) == values
    assert cell(image)['pred_class'] == 'neutrophil'


def test_plain_values(image):
    plain = json.loads(json.dumps(cell(image).to_dict()))
    assert plain['pred_scores'] == pytest.approx(SCORES.tolist())
    assert plain['attributes']['cell_size']['value'] == 'big'
    odd = cell(image, review_score=float('-inf'), pred_label=np.int64(4))
    plain = json.loads(json.dumps(odd.to_dict(), allow_nan=False))
    assert plain['review_score'] is None and plain['pred_label'] == 4


@pytest.mark.parametrize('in_file', [True, False])
def test_the_table_of_the_command(image, in_file):
    found = cell(image if in_file else None, 'unsure')
    frame = found.to_frame()
    assert frame.shape == (1, 3 + 5 + 22 + 1)
    row = as_row(dict(found, image=found['image'] or ''), WBC5_CLASSES)
    assert frame.iloc[0].to_dict() == pytest.approx(row)
    several = pd.concat([frame, cell(image).to_frame()], ignore_index=True)
    assert several['review'].tolist() == ['unsure', '']


def test_how_it_reads(image):
    text = repr(cell(image, 'blurred; unsure'))
    assert text == (
        f'CellResult({image}: neutrophil 90.0 % (blurred; unsure), '
        '11 attributes)'
    )
    assert repr(cell()).startswith('CellResult(image: neutrophil 90.0 %')
    bare = cell()
    del bare['attributes']
    assert repr(bare) == 'CellResult(image: neutrophil 90.0 %)'


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)


def test_in_a_notebook(image):
    text = cell(image, 'unsure')._repr_html_()
    tags = Tags(text).found
    # A line for the type, and one for each attribute; no tag of the name.
    assert tags.count('tr') == 12
    assert tags.count('img') == 1 and 'b' not in tags
    assert 'Look at again: unsure' in text
    assert 'img' not in Tags(cell()._repr_html_()).found
    gone = cell(image.replace('cell', 'gone'))
    assert 'img' not in Tags(gone._repr_html_()).found


@pytest.mark.parametrize('in_file', [True, False])
def test_a_figure(image, in_file):
    figure = cell(image if in_file else None, 'unsure').plot()
    picture, bars = figure.axes
    assert len(picture.images) == in_file
    if in_file:  # red, as a person sees it
        assert picture.images[0].get_array()[0, 0].tolist() == [250, 0, 0]
    widths = [bar.get_width() for bar in bars.patches]
    assert widths == pytest.approx([*SCORES, *[0.75] * 11])
    assert bars.get_yticklabels()[5].get_text() == 'cell size: big'
    assert 'neutrophil 90.0 % (unsure)' in figure.get_suptitle()
