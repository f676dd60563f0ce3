import pytest
import torch
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError
from daffnet_mm.models.losses import DSLLoss


def forget(*attributes):
    return TRANSFORMS.build(
        dict(type='ForgetAttributes', attributes=list(attributes))
    )


def test_named_attributes_become_unknown():
    known = torch.arange(11) % 2
    results = forget('cell_size', 'granule_colour')(
        dict(gt_attributes=known, gt_label=3)
    )
    # WBCAtt's first attribute and its tenth
    assert results['gt_attributes'].tolist() == [
        -1,
        1,
        0,
        1,
        0,
        1,
        0,
        1,
        0,
        -1,
        0,
    ]
    assert results['gt_label'] == 3
    # The dataset's own, which the next epoch needs, stay.
    assert known.tolist() == [0, 1] * 5 + [0]


def test_a_pseudo_labelled_cell_keeps_which_they_are():
    mask = torch.zeros(11, dtype=torch.bool)
    results = dict(
        gt_attributes=torch.zeros(11).long(), forgotten_attributes=mask
    )
    forget('granule_colour')(forget('cell_size')(results))
    assert mask.nonzero().flatten().tolist() == [0, 9]


def test_the_loss_leaves_them_out():
    log_probs = torch.zeros(1, 11, 6).log_softmax(-1)
    truth = torch.zeros(11, dtype=torch.long)
    truth = forget('cell_size')(dict(gt_attributes=truth))['gt_attributes']
    log_probs[0, 0, 0] = -100.0
    loss = DSLLoss()(log_probs, truth[None])['loss_attribute']
    # ten attributes, each with the cross entropy log2(6)
    assert loss.item() == pytest.approx(0.8 * 2.584962501)


@pytest.mark.parametrize('results', [{}, dict(gt_attributes=None)])
def test_cells_without_attributes_pass(results):
    assert forget('cell_size')(dict(results)) == results


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="'cell_hue' is no attribute"):
        forget('cell_hue')
