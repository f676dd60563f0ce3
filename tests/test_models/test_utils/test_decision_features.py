"""What a classifier decides on is what its last layer gets."""

import copy

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS
from tiny_run import PREDICTOR, daffnet_model

from daffnet_lite.errors import InputError
from daffnet_mm.models.utils import (
    LinearDecision,
    decision_layer,
    watch_decisions,
)

HEADS = dict(
    LinearClsHead=dict(type='LinearClsHead', num_classes=5, in_channels=64),
    StackedLinearClsHead=dict(
        type='StackedLinearClsHead',
        num_classes=5,
        in_channels=64,
        mid_channels=[5],
    ),
)


def build(kind):
    init_default_scope('mmpretrain')
    torch.manual_seed(0)
    if kind == 'DAFFNet':
        config = daffnet_model()
        config.pop('_delete_')
    elif kind == 'MAPHead':
        config = copy.deepcopy(PREDICTOR)
    else:
        config = dict(
            type='ImageClassifier',
            backbone=PREDICTOR['backbone'],
            neck=dict(type='GlobalAveragePooling'),
            head=HEADS[kind],
        )
    return MODELS.build(config).eval()


@pytest.mark.parametrize('kind', ['DAFFNet', 'MAPHead', *HEADS])
@torch.no_grad()
def test_the_last_layer_makes_the_answers_of_them(kind):
    model = build(kind)
    inputs = torch.randn(3, 3, 32, 32)
    with watch_decisions(model) as features:
        samples = model(inputs, mode='predict')
        found = features()
    layer = decision_layer(model)
    scores = (found @ layer.weight.T + layer.bias).softmax(1)
    for sample, score in zip(samples, scores, strict=True):
        torch.testing.assert_close(sample.pred_score, score)
    if kind in ('DAFFNet', *HEADS):
        wanted = model.extract_feat(inputs, stage='pre_logits')
        torch.testing.assert_close(found, wanted)
    # Nobody watches any longer.
    assert not layer._forward_pre_hooks


@torch.no_grad()
def test_of_several_views_the_mean():
    model = build('DAFFNet')
    views = torch.randn(2, 3, 3, 32, 32)
    alone = []
    for view in views:
        with watch_decisions(model) as features:
            model(view, mode='predict')
            alone.append(features())
    with watch_decisions(model) as features:
        for view in views:
            model(view, mode='predict')
        torch.testing.assert_close(features(), sum(alone) / 2)
        torch.testing.assert_close(features(each=True), torch.stack(alone))


@pytest.mark.parametrize('kind', ['DAFFNet', 'MAPHead', *HEADS])
@torch.no_grad()
def test_a_linear_function_makes_the_answers_and_is_replaced(kind):
    model = build(kind)
    inputs = torch.randn(3, 3, 32, 32)
    decision = LinearDecision(model)
    weight, bias = decision.read()

    def check():
        with watch_decisions(model, decision) as features:
            samples = model(inputs, mode='predict')
            logits = features().double().numpy() @ weight.T + bias
        wanted = torch.as_tensor(logits).softmax(1).float()
        for sample, score in zip(samples, wanted, strict=True):
            torch.testing.assert_close(sample.pred_score, score)
        return wanted

    before = check()
    weight, bias = weight[::-1].copy(), bias + 1
    decision.write(weight, bias)
    assert not torch.allclose(check(), before)


def test_an_error_leaves_no_watcher():
    model = build('LinearClsHead')
    with pytest.raises(ZeroDivisionError), watch_decisions(model):
        raise ZeroDivisionError
    assert not decision_layer(model)._forward_pre_hooks


def test_a_head_without_cell_types_is_refused():
    model = build('MAPHead')
    model.head.num_classes = None
    with pytest.raises(InputError, match='MAPHead has no linear layer'):
        decision_layer(model)
