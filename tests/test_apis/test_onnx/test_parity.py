"""Answers compared, some of which are made up."""

import copy

import numpy as np
import pytest

pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')

from daffnet_mm.apis.onnx import compare_answers


def answer(scores, values):
    scores = np.array(scores, np.float32)
    return dict(
        pred_scores=scores,
        pred_label=int(scores.argmax()),
        review='',
        attributes={
            name: dict(value=value, probability=probability)
            for name, (value, probability) in values.items()
        },
    )


WANTED = [
    answer([0.75, 0.25], dict(size=('big', 0.5), shape=('round', 0.875))),
    answer([0.5, 0.25], dict(size=('small', 0.5), shape=('round', 0.75))),
]


def test_the_same():
    parity = compare_answers(WANTED, copy.deepcopy(WANTED))
    assert vars(parity) == dict(
        cells=2,
        difference=0,
        equal_types=1,
        equal_values=1,
        equal_reviews=1,
    )


def test_shares():
    given = copy.deepcopy(WANTED)
    given[0]['pred_label'] = 1
    given[0]['review'] = 'unsure'
    given[1]['attributes']['shape']['value'] = 'irregular'
    given[1]['attributes']['size']['probability'] = 0.625
    parity = compare_answers(WANTED, given)
    assert (parity.equal_types, parity.equal_reviews) == (0.5, 0.5)
    assert (parity.equal_values, parity.difference) == (0.75, 0.125)


def test_what_is_no_number_is_far_off():
    given = copy.deepcopy(WANTED)
    given[1]['pred_scores'][0] = np.nan
    assert compare_answers(WANTED, given).difference == np.inf


def test_without_attributes_or_cells():
    wanted = [dict(cell, attributes={}) for cell in WANTED]
    assert compare_answers(wanted, wanted).equal_values == 1
    assert compare_answers([], []).cells == 0
