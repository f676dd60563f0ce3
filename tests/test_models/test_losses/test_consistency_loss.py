import pytest
import torch

from daffnet_lite.structures import ATTRIBUTE_SIZES, WBC_ATTRIBUTES
from daffnet_mm.models.losses import ConsistencyLoss
from daffnet_mm.models.utils import AttributeLayout, EquivalentValues

#: Places of type "nil", colour "nil" and granularity "no" among the 31.
PLACES = (22, 25, 29)


def penalty(flat_logits, loss_weight=1.0):
    log_probs = (
        AttributeLayout(ATTRIBUTE_SIZES).pad(flat_logits).log_softmax(-1)
    )
    rule = EquivalentValues(WBC_ATTRIBUTES)
    return ConsistencyLoss(loss_weight)(*rule.log_probs(log_probs))


def logits(*probabilities):
    """Give the three values these probabilities, the others equal shares."""
    flat = torch.zeros(1, 31).double()
    for place, others, p in zip(PLACES, (3, 3, 1), probabilities, strict=True):
        # against `others` values of logit 0
        flat[0, place] = torch.tensor(others * p / (1 - p)).log()
    return flat


def test_by_hand():
    # all agree by chance: 1/8 + 1/8 = 1/4, two bits
    assert penalty(logits(0.5, 0.5, 0.5)).item() == pytest.approx(2)
    # 3/4 x 1/2 x 1/4 + 1/4 x 1/2 x 3/4 = 3/16
    expected = -torch.tensor(3 / 16).log2().item()
    assert penalty(logits(0.75, 0.5, 0.25)).item() == pytest.approx(expected)
    both = torch.cat([logits(0.5, 0.5, 0.5), logits(0.75, 0.5, 0.25)])
    assert penalty(both, loss_weight=0.1).item() == pytest.approx(
        0.1 * (2 + expected) / 2
    )


def test_by_default_it_weighs_less_than_an_attribute():
    assert ConsistencyLoss().loss_weight < 0.8 / 11


def test_certain_cells_that_agree_cost_nothing():
    for sign in (1, -1):
        flat = torch.zeros(1, 31)
        flat[0, list(PLACES)] = sign * 100.0
        assert penalty(flat).item() == pytest.approx(0, abs=1e-5)


def test_certain_contradictions_are_pulled_together():
    flat = torch.zeros(1, 31)
    flat[0, list(PLACES)] = torch.tensor([200.0, -200.0, 200.0])
    flat.requires_grad_()
    loss = penalty(flat)
    # the one dissenter gives in at the least cost
    assert loss.item() == pytest.approx(200 / 0.6931, rel=0.02)
    (gradient,) = torch.autograd.grad(loss, flat)
    assert torch.isfinite(gradient).all()
    assert gradient[0, PLACES[1]] < -1
