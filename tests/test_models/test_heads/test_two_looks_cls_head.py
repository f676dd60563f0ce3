from unittest import mock

import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_lite.errors import InputError
from daffnet_mm.models.losses import JensenShannonLoss


def samples(names):
    found = []
    for name in names:
        sample = DataSample(metainfo=dict(img_path=name))
        found.append(sample.set_gt_label(ord(name) % 2))
    return found


@pytest.fixture
def heads():
    torch.manual_seed(0)
    plain, twice = (
        MODELS.build(dict(type=kind, num_classes=2, in_channels=3))
        for kind in ('LinearClsHead', 'TwoLooksClsHead')
    )
    twice.load_state_dict(plain.state_dict())
    return plain, twice


def test_both_losses(heads):
    plain, twice = heads
    # the last batch of an epoch may end with one look
    feats = (torch.randn(5, 3),)
    cells = samples('aabbc')
    losses = twice.loss(feats, cells)
    assert losses.keys() == {'loss', 'loss_consistency'}
    assert torch.equal(losses['loss'], plain.loss(feats, cells)['loss'])
    scores = plain(feats)
    assert torch.equal(
        losses['loss_consistency'],
        JensenShannonLoss()(scores[[0, 2]], scores[[1, 3]]),
    )
    assert twice.loss((torch.randn(1, 3),), samples('a')).keys() == {'loss'}


def test_other_batches_are_refused(heads):
    with pytest.raises(InputError, match='each cell twice.*RepeatAugSampler'):
        heads[1].loss((torch.randn(4, 3),), samples('abab'))


def test_several_processes_are_told_that_they_are_too_many(heads):
    name = 'daffnet_mm.models.heads.two_looks_cls_head.get_world_size'
    with (
        mock.patch(name, return_value=2),
        pytest.raises(InputError, match='each cell twice.*with one process'),
    ):
        heads[1].loss((torch.randn(4, 3),), samples('abab'))


def test_two_cells_of_a_field_are_no_looks(heads):
    cells = samples('aaaa')
    for index, sample in enumerate(cells):
        sample.set_metainfo(dict(sample_idx=index // 2))
    feats = (torch.randn(4, 3),)
    heads[1].loss(feats, cells)
    cells[1].set_metainfo(dict(sample_idx=5))
    with pytest.raises(InputError, match='each cell twice'):
        heads[1].loss(feats, cells)


def test_samples_without_a_name_are_refused(heads):
    unnamed = [DataSample().set_gt_label(0) for _ in range(4)]
    with pytest.raises(InputError, match='neither img_path.*PackInputs'):
        heads[1].loss((torch.randn(4, 3),), unnamed)


def test_mixed_images_are_refused(heads):
    cells = samples('aa')
    for sample in cells:
        sample.set_field(torch.full((2,), 0.5), 'mixture')
        sample.set_gt_score(torch.full((2,), 0.5))
    with pytest.raises(InputError, match='not two looks at one cell'):
        heads[1].loss((torch.randn(2, 3),), cells)
