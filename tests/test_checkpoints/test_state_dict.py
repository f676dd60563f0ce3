"""The one reader of state dicts."""

from collections import OrderedDict

import pytest
import torch

from daffnet_lite.errors import InputError
from daffnet_mm.checkpoints import find_state_dict

ONE, TWO = torch.ones(1), torch.zeros(2)


@pytest.mark.parametrize(
    'checkpoint',
    [
        dict(a=ONE, b=TWO),
        OrderedDict(a=ONE, b=TWO),
        dict(state_dict=dict(a=ONE, b=TWO), meta=dict(epoch=1)),
        {'module.a': ONE, 'module.b': TWO},
        dict(state_dict={'module.a': ONE, 'b': TWO}),
    ],
)
def test_weights_are_found(checkpoint):
    found = find_state_dict(checkpoint, 'x.pth')
    assert list(found) == ['a', 'b']
    assert found['a'] is ONE and found['b'] is TWO


@pytest.mark.parametrize('prefix', ['backbone', 'backbone.'])
def test_the_part_of_a_model(prefix):
    weights = {
        'module.backbone.a': ONE,
        'backbone.backbone.b': TWO,
        'backbones.c': ONE,
        'head.a': TWO,
    }
    found = find_state_dict(dict(state_dict=weights), 'x.pth', prefix)
    assert list(found) == ['a', 'backbone.b']


@pytest.mark.parametrize(
    ('checkpoint', 'sentence'),
    [
        ([ONE], 'holds no weights but a value of type list:'),
        (ONE, 'holds no weights but a value of type Tensor:'),
        (None, 'holds no weights but a value of type NoneType:'),
        ({}, 'holds no weights but an empty dict'),
        (dict(state_dict=None), 'but a value of type NoneType:'),
        (dict(state_dict=[ONE]), 'but a value of type list:'),
        (dict(state_dict={}), 'but an empty dict'),
        ({0: ONE}, 'but the key 0 among their names'),
        (dict(model=dict(a=ONE)), 'but a value of type dict as model'),
        (dict(a=ONE, epoch=3), 'but a value of type int as epoch'),
    ],
)
def test_something_else_is_refused(checkpoint, sentence):
    with pytest.raises(InputError, match=f'^x.pth .*{sentence}') as caught:
        find_state_dict(checkpoint, 'x.pth')
    assert '\n' not in str(caught.value)


def test_a_prefix_that_nothing_has():
    with pytest.raises(InputError, match="'neck.'; its names are like a, b"):
        find_state_dict(dict(a=ONE, b=TWO), 'x.pth', 'neck')
