"""Where a model may be sure of itself, and how sure it is elsewhere."""

import dataclasses
import json

import numpy as np
import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.profiles import (
    KnownLaboratories,
    home_profile,
    scale_temperature,
)

HOME = home_profile()


def shifted(by):
    """Home with background, red cells and nuclei off by a distance."""
    part = by / np.sqrt(3)
    colours = {
        name: tuple(float(v + part) for v in getattr(HOME.colours, name))
        for name in ('background', 'red_cells', 'nuclei')
    }
    return dataclasses.replace(
        HOME, colours=dataclasses.replace(HOME.colours, **colours)
    )


BOTH = KnownLaboratories({'PBC': HOME, 'another': shifted(1.0)}, 1.8)


@pytest.mark.parametrize('by', [0.0, 0.29, 0.71, 1.0, 1.29])
def test_what_is_near_to_one_of_them_is_known(by):
    assert BOTH.temperature_of(shifted(by)) == (1.0, '')


@pytest.mark.parametrize(
    ('by', 'off', 'nearest'),
    [
        (0.31, '0.31', 'PBC'),
        (0.55, '0.45', 'another'),
        (1.5, '0.50', 'another'),
    ],
)
def test_all_else_is_not(by, off, nearest):
    temperature, remark = BOTH.temperature_of(shifted(by))
    assert temperature == 1.8
    assert f'not the colours of PBC or another (off by {off}' in remark
    assert f'from {nearest})' in remark
    assert 'lowered (temperature 1.8)' in remark


def test_nor_is_what_could_not_be_measured():
    unmeasured = dataclasses.replace(HOME, colours=None)
    temperature, remark = BOTH.temperature_of(unmeasured)
    assert temperature == 1.8 and remark.startswith('it is not known whether')


def test_it_is_read_as_it_was_written():
    values = json.loads(json.dumps(BOTH.to_dict()))
    assert KnownLaboratories.from_dict(values) == BOTH


@pytest.mark.parametrize(
    ('change', 'why'),
    [
        (lambda v: [v], 'no dict with profiles'),
        (lambda v: dict(v, profiles=None), 'no dict with profiles'),
        (lambda v: dict(v, profiles={}), 'names no laboratory'),
        (lambda v: dict(v, profiles=dict(x=3)), 'profile of x is no profile'),
        (
            lambda v: dict(v, profiles=dict(x=dict(HOME.to_dict(), side=0))),
            'profile of x: side is 0',
        ),
        (
            lambda v: dict(
                v, profiles=dict(x=dict(HOME.to_dict(), colours=None))
            ),
            'profile of x has no colours',
        ),
        (lambda v: dict(v, temperature='1'), "temperature is '1'"),
        (lambda v: dict(v, temperature=0.5), 'is 0.5, but must be 1 or more'),
        (lambda v: dict(v, temperature=float('nan')), 'is nan, but must be'),
    ],
)
def test_what_it_refuses(change, why):
    with pytest.raises(InputError, match=why):
        KnownLaboratories.from_dict(change(BOTH.to_dict()))


def test_a_temperature_by_hand():
    # logits ln 0.8 and ln 0.2, halved: 0.894 and 0.447, of 1.342
    scores = np.array([[0.8, 0.2], [0.5, 0.5]], np.float32)
    found = scale_temperature(scores, 2)
    np.testing.assert_allclose(found, [[2 / 3, 1 / 3], [0.5, 0.5]], rtol=1e-6)
    assert found.dtype == np.float32
    assert scale_temperature(scores, 1) is scores
