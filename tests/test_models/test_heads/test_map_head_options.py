"""MAPHead's options, all off in the paper's setting."""

import math

import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_mm.models.heads import MAPHead, find_map_head
from daffnet_mm.models.utils import pool_last_feature
from daffnet_mm.structures import ATTRIBUTE_SIZES


def head_of(**options):
    torch.manual_seed(0)
    return MAPHead(12, num_features=7, **options)


def test_soft_targets_and_weights_of_samples(cells):
    """An undecided head: log2 of the number of values, whatever the target.

    So one sample's attribute loss is known, and its weight shows.
    """
    head = head_of()
    for parameter in head.parameters():
        parameter.data.zero_()
    cost = 0.8 * sum(map(math.log2, ATTRIBUTE_SIZES)) / len(ATTRIBUTE_SIZES)
    samples = cells(2)
    soft = torch.cat([torch.full((n,), 1 / n) for n in ATTRIBUTE_SIZES])
    samples[0].set_field(soft, 'attribute_targets')
    feature = (torch.randn(2, 12),)
    loss = head.loss(feature, samples)['loss_attribute']
    assert loss.item() == pytest.approx(cost)
    samples[0].set_field(0.25, 'attribute_weight')
    loss = head.loss(feature, samples)['loss_attribute']
    assert loss.item() == pytest.approx(cost * (0.25 + 1) / 2)


def test_one_hot_targets_are_hard_labels(cells):
    head, feature = head_of(num_classes=5), (torch.randn(3, 12),)
    hard = head.loss(feature, cells(3))
    samples = cells(3)
    for sample in samples[1:]:
        sample.set_field(
            torch.cat(
                [
                    torch.eye(n)[v]
                    for n, v in zip(
                        ATTRIBUTE_SIZES, sample.gt_attributes, strict=True
                    )
                ]
            ),
            'attribute_targets',
        )
        sample.set_field(torch.tensor(1.0), 'attribute_weight')
    for name, value in head.loss(feature, samples).items():
        torch.testing.assert_close(value, hard[name])


def contradicting_scores():
    """Granularity "no", but a type and a colour, each more likely."""
    scores = torch.cat([torch.full((n,), 1 / n) for n in ATTRIBUTE_SIZES])
    scores[21:25] = torch.tensor([0.7, 0.3, 0.0, 0.0])
    scores[25:29] = torch.tensor([0.4, 0.6, 0.0, 0.0])
    scores[29:] = torch.tensor([0.6, 0.4])
    return scores[None]


def test_joint_decoding():
    scores = contradicting_scores()
    (plain,) = head_of().set_attributes(scores)
    (joint,) = head_of(joint_decoding=True).set_attributes(scores)
    assert plain.pred_attributes[8:].tolist() == [0, 1, 0]
    # .3 x .4 x .6 against .7 x .6 x .4
    assert joint.pred_attributes[8:].tolist() == [0, 1, 1]
    assert torch.equal(plain.pred_attributes[:8], joint.pred_attributes[:8])
    assert torch.equal(joint.pred_attribute_scores, scores[0])
    head = head_of(
        attributes=dict(a=('x', 'y'), b=('u', 'v', 'w')),
        joint_decoding=True,
        equivalent_values=dict(a='x', b='w'),
    )
    (sample,) = head.set_attributes(torch.tensor([[0.6, 0.4, 0.5, 0.1, 0.4]]))
    assert sample.pred_attributes.tolist() == [0, 2]


def test_consistency_loss(cells):
    head = head_of(
        consistency_loss=dict(type='ConsistencyLoss', loss_weight=0.5)
    )
    for parameter in head.parameters():
        parameter.data.zero_()
    losses = head.loss((torch.randn(2, 12),), cells(2))
    # 1/4 x 1/4 x 1/2 + 3/4 x 3/4 x 1/2 = 5/16
    assert losses['loss_consistency'].item() == pytest.approx(
        0.5 * math.log2(16 / 5)
    )
    assert 'loss_consistency' not in head_of().loss(
        (torch.randn(2, 12),), cells(2)
    )


def test_pooling():
    feature = torch.rand(2, 12, 3, 5)
    by_hand = (feature.flatten(2).mean(2) + feature.flatten(2).amax(2)) / 2
    head = head_of(pooling=dict(type='AverageMaxPooling'))
    torch.testing.assert_close(head.pre_logits((feature,)), head.fc(by_hand))
    # the exponent 1 is the average, a large one the maximum
    for p, expected in [
        (1.0, feature.mean((2, 3))),
        (100.0, feature.amax((2, 3))),
    ]:
        head = head_of(pooling=dict(type='GeneralizedMeanPooling', p=p))
        torch.testing.assert_close(
            head.pooling(feature), expected, rtol=0.05, atol=0
        )
    assert head.pooling.p.requires_grad
    assert 'pooling.p' in head.state_dict()
    # vectors need none
    vector = torch.rand(2, 12)
    assert pool_last_feature((vector,), head.pooling) is vector


def test_options_change_no_weights():
    plain = head_of(num_classes=5)
    other = head_of(
        num_classes=5,
        joint_decoding=True,
        pooling=dict(type='AverageMaxPooling'),
        consistency_loss=dict(type='ConsistencyLoss'),
        loss=dict(type='DSLLoss', label_smoothing=0.1),
    )
    assert plain.state_dict().keys() == other.state_dict().keys()


def test_find_map_head(map_cfg, daffnet_cfg):
    model = MODELS.build(map_cfg())
    assert find_map_head(model) is model.head
    daffnet = MODELS.build(daffnet_cfg())
    assert find_map_head(daffnet) is daffnet.neck.predictor.head
    assert find_map_head(torch.nn.Linear(2, 2)) is None


def test_values_of_samples_stay_theirs(cells):
    """Reading targets does not change the samples."""
    sample = DataSample()
    sample.set_field(torch.zeros(11).long(), 'gt_attributes')
    sample.set_field(torch.rand(31), 'attribute_targets')
    before = sample.attribute_targets.clone()
    head_of().loss((torch.randn(1, 12),), [sample])
    assert torch.equal(sample.attribute_targets, before)
