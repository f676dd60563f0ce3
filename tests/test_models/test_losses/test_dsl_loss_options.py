"""What DSLLoss offers beyond eq. (1), against figures worked out by hand.

Two attributes: the first has the probabilities 1/2, 1/4, 1/4 and its first
value is true (1 bit), the second 1/2, 1/4, 1/8, 1/8 and its second (2 bits).
"""

import math

import pytest
import torch

from daffnet_mm.errors import InputError
from daffnet_mm.models.losses import DSLLoss
from daffnet_mm.models.utils import AttributeLayout

PROBABILITIES = torch.tensor(
    [[1 / 2, 1 / 4, 1 / 4, 1 / 2, 1 / 4, 1 / 8, 1 / 8]]
).double()
LAYOUT = AttributeLayout((3, 4))
LOG_PROBS = LAYOUT.pad(PROBABILITIES.log())
TRUTH = torch.tensor([[0, 1]])


def bits(log_probs=LOG_PROBS, truth=TRUTH, inputs=None, **options):
    loss = DSLLoss(attribute_weight=1.0, **options)
    return loss(log_probs, truth, **(inputs or {}))['loss_attribute'].item()


@pytest.mark.parametrize(
    ('options', 'first', 'second'),
    [
        (dict(), 1, 2),
        # the other two, or three, values share a fifth
        (
            dict(label_smoothing=0.2),
            0.8 + 0.1 * 2 + 0.1 * 2,
            0.8 * 2 + 0.2 / 3 * (1 + 3 + 3),
        ),
        (dict(label_smoothing=[0.0, 0.3]), 1, 0.7 * 2 + 0.1 * (1 + 3 + 3)),
        (
            dict(
                label_smoothing=[
                    [[0.9, 0.1, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
                    [
                        [1.0, 0.0, 0.0, 0.0],
                        [0.0, 0.5, 0.5, 0.0],
                        [0.0, 0.0, 1.0, 0.0],
                        [0.0, 0.0, 0.0, 1.0],
                    ],
                ]
            ),
            0.9 + 0.1 * 2,
            0.5 * 2 + 0.5 * 3,
        ),
        (dict(focal_gamma=2.0), 1 / 4 * 1, (3 / 4) ** 2 * 2),
        # 1 / (1 - 1/2^n) is 2, 4/3 and 8/7, on average 94/63
        (
            dict(class_balance=0.5, value_counts=[[1, 2, 3], [9, 9, 9, 9]]),
            2 * 63 / 94,
            2,
        ),
        # a value without cells counts as if it had one
        (
            dict(class_balance=0.5, value_counts=[[0, 2, 3], [9, 9, 9, 9]]),
            2 * 63 / 94,
            2,
        ),
        # 1/2 x 1, 1/4 x 2 and 1/4 x 1 sum to 5/4: the first's share is 2/5
        (
            dict(
                logit_adjustment=1.0, value_counts=[[10, 20, 10], [7, 7, 7, 7]]
            ),
            math.log2(5 / 2),
            2,
        ),
        (
            dict(
                logit_adjustment=2.0, value_counts=[[10, 20, 10], [7, 7, 7, 7]]
            ),
            math.log2(7 / 2),
            2,
        ),
        # smoothing and focal loss: each value's own probability counts
        (
            dict(label_smoothing=0.2, focal_gamma=1.0),
            0.8 * 1 / 2 + 2 * 0.1 * 2 * 3 / 4,
            0.8 * 2 * 3 / 4 + 0.2 / 3 * (1 / 2 + 2 * 3 * 7 / 8),
        ),
    ],
)
def test_by_hand(options, first, second):
    assert bits(**options) == pytest.approx((first + second) / 2)
    only_first = torch.tensor([[0, -1]])
    assert bits(truth=only_first, **options) == pytest.approx(first)


def test_soft_targets():
    """A sample with soft targets, one without, one whose value is unknown."""
    log_probs = LOG_PROBS.repeat(3, 1, 1)
    truth = torch.tensor([[0, 1], [0, 1], [-1, 1]])
    soft = torch.zeros(3, 7)
    soft[0] = torch.tensor([0.5, 0.5, 0.0, 0.0, 0.0, 0.5, 0.5])
    soft[2] = soft[0]
    inputs = dict(attribute_targets=LAYOUT.pad(soft, fill=0.0))
    expected = ((1.5 + 3) / 2 + (1 + 2) / 2 + 3) / 3
    assert bits(log_probs, truth, inputs) == pytest.approx(expected)
    # a soft target is used as it is
    inputs['attribute_targets'] = inputs['attribute_targets'][:1]
    assert bits(inputs=inputs, label_smoothing=0.2) == pytest.approx(4.5 / 2)


def test_sample_weights():
    """A pseudo label at half weight pulls half as hard, and counts as one."""
    inputs = dict(sample_weight=torch.tensor([1.0, 0.5]))
    both = bits(LOG_PROBS.repeat(2, 1, 1), TRUTH.repeat(2, 1), inputs)
    assert both == pytest.approx((1.5 + 0.5 * 1.5) / 2)


def test_class_smoothing():
    logits = torch.tensor([[1 / 2, 1 / 4, 1 / 4]]).log()
    loss = DSLLoss(class_weight=1.0, class_smoothing=0.2)
    losses = loss(LOG_PROBS, TRUTH, logits, torch.tensor([0]))
    assert losses['loss_class'].item() == pytest.approx(
        0.8 + 0.1 * 2 + 0.1 * 2
    )


@pytest.mark.parametrize(
    'options',
    [
        dict(label_smoothing=0.1),
        dict(label_smoothing=[0.1, 0.1]),
        dict(label_smoothing=[torch.eye(3).tolist(), torch.eye(4).tolist()]),
        dict(focal_gamma=0.5),
        dict(logit_adjustment=1.0, value_counts=[[1, 1, 1], [1, 1, 1, 1]]),
    ],
)
def test_impossible_values_stay_infinite(options):
    assert bits(truth=torch.tensor([[3, 1]]), **options) == math.inf


def test_gradients_stay_finite_where_probabilities_vanish():
    logits = torch.tensor(
        [[200.0, -200.0, 0.0, 0.0, 1e4, 0.0, -1e4]], requires_grad=True
    )
    for options in (
        dict(label_smoothing=0.1),
        dict(focal_gamma=0.5),
        dict(focal_gamma=2.0),
    ):
        log_probs = LAYOUT.pad(logits).log_softmax(-1)
        loss = DSLLoss(**options)(log_probs, TRUTH)['loss_attribute']
        (gradient,) = torch.autograd.grad(loss, logits)
        assert torch.isfinite(gradient).all()


def test_counts_that_nobody_gave():
    for options in (dict(class_balance=0.9), dict(logit_adjustment=1.0)):
        loss = DSLLoss(**options)
        with pytest.raises(InputError, match='CountValuesHook'):
            loss(LOG_PROBS, TRUTH)
        loss.set_value_counts([[1, 2, 3], [1, 1, 1, 1]])
        loss(LOG_PROBS, TRUTH)


@pytest.mark.parametrize('table', [[[1.0, 0.0]], [[0.5, 0.4], [0.0, 1.0]]])
def test_bad_tables(table):
    with pytest.raises(InputError, match='table 0 must be square'):
        DSLLoss(label_smoothing=[table])


def test_nothing_in_the_checkpoint():
    loss = DSLLoss(
        class_balance=0.9,
        label_smoothing=0.1,
        value_counts=[[1, 2, 3], [1, 1, 1, 1]],
    )
    assert not loss.state_dict()
