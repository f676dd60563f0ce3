"""What stands in the files, letter by letter."""

import io
import json

import numpy as np
import pytest

from daffnet_lite.answers import (
    Answers,
    write_result,
)
from daffnet_lite.errors import InputWarning
from daffnet_lite.fileio.image_folders import ImageListing
from daffnet_lite.structures import WBC5_CLASSES

HEADER = (
    'image,cell_type,probability,'
    'basophil_probability,eosinophil_probability,lymphocyte_probability,'
    'monocyte_probability,neutrophil_probability,'
    'cell_size,cell_size_probability,cell_shape,cell_shape_probability,'
    'nucleus_shape,nucleus_shape_probability,'
    'nuclear_cytoplasmic_ratio,nuclear_cytoplasmic_ratio_probability,'
    'chromatin_density,chromatin_density_probability,'
    'cytoplasm_vacuole,cytoplasm_vacuole_probability,'
    'cytoplasm_texture,cytoplasm_texture_probability,'
    'cytoplasm_colour,cytoplasm_colour_probability,'
    'granule_type,granule_type_probability,'
    'granule_colour,granule_colour_probability,'
    'granularity,granularity_probability,review'
)
#: Values of the attributes, and what is written of their probabilities.
SAID = dict(
    cell_size=('big', 0.9),
    cell_shape=('round', 0.123456),
    nucleus_shape=('unsegmented-band', 0.75),
    nuclear_cytoplasmic_ratio=('low', 1.0),
    chromatin_density=('densely', 0.5),
    cytoplasm_vacuole=('no', 0.99996),
    cytoplasm_texture=('clear', 0.6),
    cytoplasm_colour=('light blue', 0.61),
    granule_type=('small', 0.62),
    granule_colour=('pink', 0.63),
    granularity=('yes', 0.64),
)
LINE = (
    'a b.png,lymphocyte,0.8125,0.0625,0.0,0.8125,0.125,0.0,'
    'big,0.9,round,0.1234,unsegmented-band,0.75,low,1.0,densely,0.5,no,0.9999,'
    'clear,0.6,light blue,0.61,small,0.62,pink,0.63,yes,0.64,blurred; unsure'
)


class OneCell:
    classes = WBC5_CLASSES
    errors = {}
    warnings = ()

    def stream(self, inputs, *_, **__):
        yield dict(
            image='a b.png',
            pred_class='lymphocyte',
            pred_label=2,
            pred_score=0.8125,
            pred_scores=np.array([1, 0, 13, 2, 0], np.float32) / 16,
            attributes={
                name: dict(value=value, probability=probability)
                for name, (value, probability) in SAID.items()
            },
            review='blurred; unsure',
            review_score=0.5,
        )


class FourCells(OneCell):
    """One more that is a cell, and two that are not one."""

    def stream(self, inputs, *_, **__):
        (cell,) = super().stream(inputs)
        for review in ('', 'unsure', 'not a cell', 'unsure; several cells'):
            yield dict(cell, review=review)


def test_the_count_says_what_it_leaves_out():
    listing = ImageListing([f'{number}.png' for number in range(4)])
    file = io.StringIO()
    with pytest.warns(InputWarning, match='left out of the count'):
        write_result(
            file, 'json', Answers(FourCells(), listing, [], 1), 'utf-8'
        )
    report = json.loads(file.getvalue())
    assert len(report['cells']) == 4 and len(report['review']) == 3
    counts = report['differential_count']
    numbers = {count['cell_type']: count['number'] for count in counts}
    assert numbers.pop('lymphocyte') == 2 and set(numbers.values()) == {0}
    (warning,) = report['warnings']
    assert 'in 2 of the 4 images' in warning
    file = io.StringIO()
    with pytest.warns(InputWarning):
        write_result(file, 'table', Answers(FourCells(), listing, [], 1))
    text = ' '.join(file.getvalue().split())
    assert 'Differential count of 2 cells' in text
    assert 'left out: 2 of 4, which do not show one white cell' in text


def written(form):
    file = io.StringIO(newline='')
    answers = Answers(OneCell(), ImageListing(['a b.png']), [], 1)
    write_result(file, form, answers)
    return file.getvalue()


def test_csv():
    assert written('csv').splitlines() == [HEADER, LINE]


def test_json():
    (cell,) = json.loads(written('json'))['cells']
    assert list(cell) == HEADER.split(',')
    # To the last digit, where CSV is for reading.
    assert cell['cell_shape_probability'] == 0.123456
    # Down: what is not certain is not 1 there.
    rounded = [
        str(int(1e4 * value) / 1e4 if isinstance(value, float) else value)
        for value in cell.values()
    ]
    assert ','.join(rounded) == LINE
