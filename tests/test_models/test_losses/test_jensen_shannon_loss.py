import math

import pytest
import torch

from daffnet_mm.models.losses import JensenShannonLoss


def loss_of(first, second, **kwargs):
    return JensenShannonLoss(**kwargs)(
        torch.tensor(first).log(), torch.tensor(second).log()
    ).item()


def test_by_hand():
    # H(1/2, 1/2) = 1 bit; H(3/4, 1/4) = 2 - 3/4 log2(3)
    entropy = 2 - 0.75 * math.log2(3)
    first, second = [[0.75, 0.25]], [[0.25, 0.75]]
    assert loss_of(first, second) == pytest.approx(1 - entropy, rel=1e-5)
    # the mean over the cells, of which one agrees
    half = loss_of(first + first, second + first, loss_weight=3)
    assert half == pytest.approx(1.5 * (1 - entropy), rel=1e-5)


def test_it_lies_between_none_and_one_bit():
    certain = torch.tensor([[200.0, 0.0, 0.0]])
    other = certain.roll(1).requires_grad_()
    loss = JensenShannonLoss()(certain, other)
    assert loss.item() == pytest.approx(1)
    (gradient,) = torch.autograd.grad(loss, other)
    assert torch.isfinite(gradient).all()
    assert JensenShannonLoss()(certain, certain).item() == 0
