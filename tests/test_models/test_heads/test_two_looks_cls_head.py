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
