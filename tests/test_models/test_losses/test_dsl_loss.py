import math

import pytest
import torch
from mmpretrain.registry import MODELS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import ATTRIBUTE_SIZES
from daffnet_mm.models.losses import DSLLoss
from daffnet_mm.models.utils import AttributeLayout

NUM_ATTRIBUTES = len(ATTRIBUTE_SIZES)


def equation_1(
    flat_logits,
    gt_attributes,
    class_logits,
    gt_label,
    attribute_weight,
    class_weight,
):
    """Eq. (1) by loops over samples and attributes, in double precision."""
    attribute_terms, class_terms = [], []
    for i in range(len(gt_attributes)):
        terms = []
        for m, logits in enumerate(flat_logits[i].split(ATTRIBUTE_SIZES)):
            t = int(gt_attributes[i, m])
            if t >= 0:
                p = logits.double().exp() / logits.double().exp().sum()
                terms.append(-torch.log2(p[t]))
        if terms:
            attribute_terms.append(sum(terms) / len(terms))
        c = int(gt_label[i])
        if c >= 0:
            p = class_logits[i].double().exp()
            class_terms.append(-torch.log2(p[c] / p.sum()))
    zero = flat_logits.double().sum() * 0
    return (
        attribute_weight
        * (sum(attribute_terms, zero) / max(len(attribute_terms), 1)),
        class_weight * (sum(class_terms, zero) / max(len(class_terms), 1)),
    )


def log_probs(flat_logits):
    layout = AttributeLayout(ATTRIBUTE_SIZES)
    return layout.pad(flat_logits).log_softmax(-1)


def padded_log_probs(probability, number=1):
    """Log probabilities that give each attribute's value 0 ``probability``."""
    flat = []
    for size in ATTRIBUTE_SIZES:
        rest = (1 - probability) / (size - 1)
        flat += [probability] + [rest] * (size - 1)
    return log_probs(torch.tensor(flat).log().repeat(number, 1))


def class_logits(probability, classes=5, number=1):
    rest = (1 - probability) / (classes - 1)
    row = torch.tensor([probability] + [rest] * (classes - 1)).log()
    return row.repeat(number, 1)


def random_truth(number, generator):
    columns = [
        torch.randint(-1, size, (number,), generator=generator)
        for size in ATTRIBUTE_SIZES
    ]
    return torch.stack(columns, 1)


def test_worked_example():
    """Attributes at 0.5, class at 0.25: 0.8 x 1 + 0.2 x 2 = 1.2."""
    losses = DSLLoss()(
        padded_log_probs(0.5, 3),
        torch.zeros(3, NUM_ATTRIBUTES).long(),
        class_logits(0.25, number=3),
        torch.zeros(3).long(),
    )
    assert losses['loss_attribute'].item() == pytest.approx(0.8)
    assert losses['loss_class'].item() == pytest.approx(0.4)
    assert sum(losses.values()).item() == pytest.approx(1.2)


def test_worked_example_with_unknowns():
    """One sample knows all, one three, one none, and one has no class.

    Attributes: the first sample's true values have probability 1/2 (1 bit
    each), the second's three known ones 1/8 (3 bits each), however many are
    unknown, and the third does not count: 0.8 x (1 + 3) / 2 = 1.6. Classes:
    1/4, 1/16 and unknown: 0.2 x (2 + 4) / 2 = 0.6.
    """
    attributes = torch.cat(
        [padded_log_probs(p) for p in (1 / 2, 1 / 8, 1 / 100)]
    )
    truth = torch.zeros(3, NUM_ATTRIBUTES).long()
    truth[1, 3:] = -1
    truth[2] = -1
    classes = torch.cat([class_logits(p) for p in (1 / 4, 1 / 100, 1 / 16)])
    losses = DSLLoss()(attributes, truth, classes, torch.tensor([0, -1, 0]))
    assert losses['loss_attribute'].item() == pytest.approx(1.6)
    assert losses['loss_class'].item() == pytest.approx(0.6)


@pytest.mark.parametrize('seed', range(5))
def test_against_loops_in_double_precision(seed):
    generator = torch.Generator().manual_seed(seed)
    number = 8
    flat, classes = (
        (
            3 * torch.randn(number, width, generator=generator).double()
        ).requires_grad_()
        for width in (sum(ATTRIBUTE_SIZES), 5)
    )
    truth = random_truth(number, generator)
    truth[seed] = -1
    label = torch.randint(-1, 5, (number,), generator=generator)
    weights = (0.7, 0.6)

    losses = DSLLoss(*weights)(log_probs(flat), truth, classes, label)
    expected = equation_1(flat, truth, classes, label, *weights)
    for loss, other in zip(losses.values(), expected, strict=True):
        # The class term is computed in single precision.
        torch.testing.assert_close(loss.double(), other, rtol=1e-5, atol=1e-6)
    gradients = torch.autograd.grad(sum(losses.values()), [flat, classes])
    others = torch.autograd.grad(sum(expected), [flat, classes])
    for gradient, other in zip(gradients, others, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-5, atol=1e-6)
    assert (gradients[0][seed] == 0).all()
    assert (gradients[1][label < 0] == 0).all()


def test_all_unknown_costs_nothing_and_stays_differentiable():
    flat = torch.randn(4, sum(ATTRIBUTE_SIZES), requires_grad=True)
    classes = torch.randn(4, 5, requires_grad=True)
    losses = DSLLoss()(
        log_probs(flat),
        torch.full((4, NUM_ATTRIBUTES), -1),
        classes,
        torch.full((4,), -1),
    )
    assert losses['loss_attribute'] == losses['loss_class'] == 0
    sum(losses.values()).backward()
    assert (flat.grad == 0).all() and (classes.grad == 0).all()


def test_unknown_beside_a_value_that_underflows():
    """Probability 0 of an unknown attribute's first value is no NaN."""
    flat = torch.zeros(2, sum(ATTRIBUTE_SIZES))
    flat[:, 0] = float('-inf')
    flat.requires_grad_()
    truth = torch.ones(2, NUM_ATTRIBUTES).long()
    truth[:, 0] = -1
    loss = DSLLoss()(log_probs(flat), truth)['loss_attribute']
    assert torch.isfinite(loss)
    loss.backward()
    assert torch.isfinite(flat.grad).all()


def test_extreme_logits_have_a_finite_loss_and_gradient():
    flat = torch.randn(2, sum(ATTRIBUTE_SIZES)).mul(1e4).requires_grad_()
    loss = DSLLoss()(log_probs(flat), torch.zeros(2, NUM_ATTRIBUTES).long())[
        'loss_attribute'
    ]
    assert torch.isfinite(loss) and loss > 0
    loss.backward()
    assert torch.isfinite(flat.grad).all()


def test_a_value_that_the_attribute_does_not_have_is_infinite():
    """Not silently some other value's loss: CheckInvalidLossHook stops it."""
    truth = torch.zeros(1, NUM_ATTRIBUTES).long()
    truth[0, 0] = 3  # of 2
    loss = DSLLoss()(padded_log_probs(0.5), truth)['loss_attribute']
    assert loss == math.inf


def test_without_auxiliary_classifier():
    losses = DSLLoss()(
        padded_log_probs(0.25), torch.zeros(1, NUM_ATTRIBUTES).long()
    )
    assert list(losses) == ['loss_attribute']
    assert losses['loss_attribute'].item() == pytest.approx(1.6)


def test_registered_with_its_weights():
    loss = MODELS.build(
        dict(type='DSLLoss', attribute_weight=1.0, class_weight=0.0)
    )
    losses = loss(
        padded_log_probs(0.5),
        torch.zeros(1, NUM_ATTRIBUTES).long(),
        class_logits(0.25),
        torch.zeros(1).long(),
    )
    assert losses['loss_attribute'].item() == pytest.approx(1.0)
    assert losses['loss_class'] == 0


def test_mixed_images_have_the_mixed_loss():
    """Loss of a mixed image = the weighted sum of its samples' losses."""
    generator = torch.Generator().manual_seed(7)
    logits = torch.randn(3, sum(ATTRIBUTE_SIZES), generator=generator)
    classes = torch.randn(3, 5, generator=generator)
    truth = random_truth(3, generator)
    truth[:, 0] = 0
    label = torch.tensor([2, -1, 4])
    shares = torch.tensor([[0.7, 0.3, 0.0], [0.0, 1.0, 0.0], [0.4, 0.0, 0.6]])
    got = DSLLoss(class_smoothing=0.1)(
        log_probs(logits), truth, classes, label, mixture=shares
    )
    one = DSLLoss(class_smoothing=0.1)
    attribute = (
        sum(
            shares[i, j]
            * one(log_probs(logits[i : i + 1]), truth[j : j + 1])[
                'loss_attribute'
            ]
            for i in range(3)
            for j in range(3)
        )
        / 3
    )
    assert got['loss_attribute'].item() == pytest.approx(
        attribute.item(), rel=1e-5
    )
    # The second sample's class is unknown: its shares count nowhere.
    known = [j for j in range(3) if j != 1]
    cell_type = sum(
        shares[i, j]
        * one(
            log_probs(logits[i : i + 1]),
            truth[j : j + 1],
            classes[i : i + 1],
            label[j : j + 1],
        )['loss_class']
        for i in range(3)
        for j in known
    )
    assert got['loss_class'].item() == pytest.approx(
        cell_type.item() / shares[:, known].sum().item(), rel=1e-5
    )


def test_unmixed_images_have_the_plain_loss():
    generator = torch.Generator().manual_seed(8)
    logits = log_probs(
        torch.randn(4, sum(ATTRIBUTE_SIZES), generator=generator)
    )
    classes = torch.randn(4, 5, generator=generator)
    truth = random_truth(4, generator)
    label = torch.tensor([0, 3, -1, 1])
    loss = DSLLoss(label_smoothing=0.1)
    plain = loss(logits, truth, classes, label)
    mixed = loss(logits, truth, classes, label, mixture=torch.eye(4))
    for name, value in plain.items():
        assert mixed[name].item() == pytest.approx(value.item(), rel=1e-6)


# -- options beyond eq. (1), against figures worked out by hand --------------

# Two attributes: the first has the probabilities 1/2, 1/4, 1/4 and its first
# value is true (1 bit), the second 1/2, 1/4, 1/8, 1/8 and its second (2 bits).
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
        # (a value without cells counts as if it had one)
        *(
            (
                dict(class_balance=0.5, value_counts=[[rare, 2, 3], [9] * 4]),
                2 * 63 / 94,
                2,
            )
            for rare in (1, 0)
        ),
        # 1/2 x 1, 1/4 x 2 and 1/4 x 1 sum to 5/4: the first's share is 2/5
        *(
            (
                dict(logit_adjustment=tau, value_counts=[[1, 2, 1], [7] * 4]),
                math.log2(expected),
                2,
            )
            for tau, expected in ((1.0, 5 / 2), (2.0, 7 / 2))
        ),
        # smoothing and focal loss: each value's own probability counts
        (
            dict(label_smoothing=0.2, focal_gamma=1.0),
            0.8 * 1 / 2 + 2 * 0.1 * 2 * 3 / 4,
            0.8 * 2 * 3 / 4 + 0.2 / 3 * (1 / 2 + 2 * 3 * 7 / 8),
        ),
    ],
)
def test_options_by_hand(options, first, second):
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
    focal = [dict(focal_gamma=gamma) for gamma in (0.5, 2.0)]
    for options in (dict(label_smoothing=0.1), *focal):
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
        value_counts=[[1, 2, 3], [1] * 4],
    )
    assert not loss.state_dict()
