import unicodedata

import pytest

from daffnet_lite.boxes import BoxesByField, GivenBox, boxes_of_fields
from daffnet_lite.errors import InputError


def given(*names):
    return {name: [GivenBox((0, 0, 1, 1), name)] for name in names}


@pytest.mark.parametrize(
    ('fields', 'names', 'pairs'),
    [
        (['x/1.png', 'x/2.png'], ['1.png', '2.png'], [0, 1]),
        (['x/1.png', 'y/1.png'], ['x/1.png', 'y/1.png'], [0, 1]),
        (['x/1.png', 'y/1.png'], ['y\\1.png', 'x\\1.png'], [1, 0]),
        (['d/x/1.png', 'd/y/1.png'], ['y/1', 'x/1'], [1, 0]),
        (['x/1.png', 'x/1.jpg'], ['1.jpg', '1.png'], [1, 0]),
        (['x/1.png', 'x/2.png'], ['C:\\other\\place\\2.png'], [None, 0]),
        (['x/1.svs', 'x/2.png'], ['1', '2'], [0, 1]),
        (['x/1.svs', 'x/2.svs'], ['2.svs', '1.tif'], [1, 0]),
        (['x/1.tif', 'x/2.tif'], ['1.jpg', '2.jpg'], [0, 1]),
        (['x/v1.2.png', 'x/v1.3.png'], ['v1.3', 'v1.2'], [1, 0]),
    ],
)
def test_names_go_with_fields(fields, names, pairs):
    found = boxes_of_fields(fields, given(*names), 'b')
    for field, place in zip(fields, pairs, strict=True):
        if place is None:
            assert field not in found
        else:
            assert found[field][0].where == names[place]


@pytest.mark.parametrize(
    ('fields', 'names', 'said'),
    [
        (['x/1.png', 'y/1.png'], ['1.png'], 'name them with their folders'),
        (['x/1.png', 'x/2.png'], ['u/1.png', 'v/1.png'], 'either may be'),
        (['x/1.png', 'x/2.png'], ['3.png'], 'it names 3.png, but the first'),
        (['x/1.png'], ['2.png'], 'it names 2.png'),
        (['x/1.png'], ['2'], 'it names 2, '),
        (['x/1.svs'], ['2.svs'], 'it names 2.svs'),
    ],
)
def test_names_that_say_too_little(fields, names, said):
    with pytest.raises(InputError, match=said):
        boxes_of_fields(fields, given(*names), 'b')


def test_a_file_that_names_no_field_is_of_the_only_one():
    boxes = BoxesByField(given('boxes'), unnamed=True)
    found = boxes_of_fields(['x/only.png'], boxes, 'b')
    assert found == {'x/only.png': boxes['boxes']}
    with pytest.raises(InputError, match='it names boxes'):
        boxes_of_fields(['x/1.png', 'x/2.png'], boxes, 'b')


def test_a_detector_may_have_found_nothing():
    assert boxes_of_fields(['x/1.png'], {}, 'b') == {}


def test_accents_may_be_written_in_either_way():
    name = 'Zélle.png'
    field = f'/slides/{unicodedata.normalize("NFD", name)}'
    assert list(boxes_of_fields([field], given(name), 'f.csv')) == [field]
