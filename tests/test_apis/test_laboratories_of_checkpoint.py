"""Probabilities where a model was taught, and elsewhere."""

import dataclasses
import warnings

import numpy as np
import pytest
import torch
from exported_model import ANOTHER

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.profiles import scale_temperature
from daffnet_mm.apis import WBCInferencer


def answers(exported, checkpoint, images, **kwargs):
    inferencer = WBCInferencer(
        exported.config, str(checkpoint), device='cpu', **kwargs
    )
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', InputWarning)
        return inferencer(images), inferencer


@pytest.fixture(scope='module')
def sure(exported, tmp_path_factory):
    """The same model, that does not know who taught it."""
    content = torch.load(exported.checkpoint, weights_only=True)
    del content['meta']['laboratories']
    path = tmp_path_factory.mktemp('sure') / 'sure.pth'
    torch.save(content, path)
    return path


def test_elsewhere_the_cell_types_are_less_sure(exported, sure):
    cells, inferencer = answers(exported, exported.checkpoint, exported.cells)
    before, _ = answers(exported, sure, exported.cells)
    assert 'temperature 2.5' in inferencer.warnings[-1]
    for cell, was in zip(cells, before, strict=True):
        np.testing.assert_allclose(
            cell['pred_scores'],
            scale_temperature(was['pred_scores'][None], 2.5)[0],
            atol=1e-6,
        )
        assert cell['pred_score'] == cell['pred_scores'].max()
        assert cell['pred_score'] < was['pred_score']
        for name in ('pred_class', 'review', 'review_score', 'attributes'):
            assert cell[name] == was[name]


def test_of_a_few_images_nothing_is_known(exported, sure):
    few = exported.cells[:29]
    for images, options in (
        (few, {}),
        (exported.cells, dict(profile='none')),
    ):
        cells, inferencer = answers(
            exported, exported.checkpoint, images, **options
        )
        before, _ = answers(exported, sure, images, **options)
        assert inferencer.warnings == []
        for cell, was in zip(cells, before, strict=True):
            assert (cell['pred_scores'] == was['pred_scores']).all()


def test_a_given_profile_is_asked_too(exported, sure):
    _, inferencer = answers(exported, sure, exported.cells)
    there = inferencer.profile
    for profile, lowered in (
        (there, True),
        (dataclasses.replace(there, colours=None), True),
        (dataclasses.replace(there, colours=ANOTHER.colours), False),
    ):
        _, asked = answers(
            exported, exported.checkpoint, exported.cells[:2], profile=profile
        )
        said = ' '.join(asked.warnings)
        assert ('temperature 2.5' in said) == lowered


def test_damaged_ones_are_refused(exported, tmp_path):
    content = torch.load(exported.checkpoint, weights_only=True)
    content['meta']['laboratories']['temperature'] = 'high'
    torch.save(content, tmp_path / 'bad.pth')
    with pytest.raises(InputError, match=r'bad\.pth has laboratories that'):
        answers(exported, tmp_path / 'bad.pth', exported.cells[:1])
