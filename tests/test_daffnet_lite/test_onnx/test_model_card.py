"""What an exported file says of itself, as it is written and damaged."""

import json

import numpy as np
import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.onnx import ModelCard, Reading
from daffnet_lite.profiles import KnownLaboratories, home_profile
from daffnet_lite.review import OpenSet, ReviewRule
from daffnet_lite.review.review_rule import Limit

RNG = np.random.default_rng(0)
STEPS = [
    dict(type='ApplyProfile', share=0.66, tight=0.4, profile=None, home=None),
    dict(type='ResizeEdge', scale=96),
    dict(type='CenterCrop', width=96, height=96),
]


def card(**values):
    features = RNG.normal(size=(60, 12)).astype(np.float32)
    return ModelCard(
        **dict(
            dict(
                classes=('a', 'Größe'),
                attributes=dict(size=('big', 'small')),
                size=(96, 96),
                reading=Reading(146, None, 10**6, 0.1),
                steps=STEPS,
                normalisation=dict(mean=[1.5], std=[2.0], to_rgb=True),
                temperatures=dict(size=1.25),
                review=ReviewRule(
                    dict(
                        other=Limit(0.5, -3.25),
                        sharpness=Limit(-2.7, -np.inf),
                    ),
                    OpenSet.fit(
                        features, np.arange(60) % 2, dict(band=features[:9])
                    ),
                ),
                laboratories=KnownLaboratories({'PBC': home_profile()}, 1.8),
                source=dict(config='x.py'),
            ),
            **values,
        )
    )


def test_it_is_read_as_it_was_written():
    before = card()
    metadata = before.to_metadata()
    assert all(name.startswith('daffnet.') for name in metadata)
    assert json.loads(metadata['daffnet.version']) == 1
    after = ModelCard.from_metadata(dict(metadata, other='thing'), 'it')
    for name, value in vars(before).items():
        if name != 'review':
            assert getattr(after, name) == value
    assert after.review.limits == before.review.limits
    for name, value in vars(before.review.open_set).items():
        # Bit by bit.
        assert np.array_equal(getattr(after.review.open_set, name), value)


def test_without_attributes_or_rule():
    metadata = card(review=None, attributes={}, temperatures={}).to_metadata()
    after = ModelCard.from_metadata(metadata, 'it')
    assert after.review is None and after.attributes == {}


def test_without_laboratories():
    metadata = card(laboratories=None).to_metadata()
    assert ModelCard.from_metadata(metadata, 'it').laboratories is None
    # as files were that older versions wrote
    del metadata['daffnet.laboratories']
    assert ModelCard.from_metadata(metadata, 'it').laboratories is None


def test_another_file():
    with pytest.raises(InputError, match=r'^x\.onnx is no classifier of'):
        ModelCard.from_metadata(dict(author='me'), 'x.onnx')
    metadata = dict(card().to_metadata(), **{'daffnet.version': '2'})
    with pytest.raises(InputError, match='of version 2, and this'):
        ModelCard.from_metadata(metadata, 'x.onnx')


@pytest.mark.parametrize(
    ('key', 'value', 'sentence'),
    [
        ('classes', None, 'is missing'),
        ('classes', '[', 'is no JSON'),
        ('classes', '["a", "a"]', 'must be different names'),
        ('classes', '[]', 'must be different names'),
        ('classes', '"ab"', 'must be different names'),
        ('attributes', '[]', 'must be an object'),
        ('attributes', '{"size": ["big"]}', 'two or more values of size'),
        ('size', '[96]', 'a height and a width'),
        ('size', '[0, 96]', 'a height and a width'),
        ('size', '[96.5, 96]', 'a height and a width'),
        ('reading', '{}', 'must have min_edge'),
        ('steps', '{}', 'they are no list'),
        ('steps', '[{"type": "Sharpen"}]', "'Sharpen' is no step"),
        ('steps', '[3]', '3 is no step'),
        ('steps', '[{"type": []}]', '[] is no step'),
        ('steps', '[{"type": "ResizeEdge", "scale": "9"}]', "'9' is no num"),
        (
            'steps',
            '[{"type": "Resize", "width": 0, "height": 5}]',
            '0 is no number of pixels',
        ),
        ('steps', '[{"type": "ResizeEdge"}]', 'ResizeEdge: missing'),
        (
            'steps',
            '[{"type": "FrameCell", "share": 7, "tight": 0.4}]',
            'share=7 must be',
        ),
        (
            'steps',
            (
                '[{"type": "ApplyProfile", "share": 0.5, "tight": 0.4, '
                '"home": {"format": "none"}}]'
            ),
            'is no profile',
        ),
        ('temperatures', '{"size": 0.0}', 'has 0.0 for size'),
        ('review', '{"limits": {"colour": [1, 2]}}', "limit for 'colour'"),
        ('review', '{"limits": {"other": [1, 2]}}', 'no open_set'),
        ('review', '{"float32": "AAA", "shape": [1]}', 'is no JSON'),
        ('review', '{"float32": "AAAAAA==", "shape": [9]}', 'is no JSON'),
        ('source', '7', 'must be an object'),
    ],
)
def test_what_is_wrong_is_named(key, value, sentence):
    metadata = card().to_metadata()
    if value is None:
        del metadata[f'daffnet.{key}']
    else:
        metadata[f'daffnet.{key}'] = value
    with pytest.raises(InputError, match='^x.onnx has metadata') as error:
        ModelCard.from_metadata(metadata, 'x.onnx')
    assert f'daffnet.{key}' in str(error.value)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ('name', 'value'),
    [('min_edge', 0), ('bit_depth', 'x'), ('margin', -1.0), ('margin', None)],
)
def test_reading_is_checked(name, value):
    reading = Reading()._replace(**{name: value})
    with pytest.raises(InputError, match=f'daffnet.reading has {name}'):
        ModelCard.from_metadata(card(reading=reading).to_metadata(), 'it')
