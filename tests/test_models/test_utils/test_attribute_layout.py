import pytest
import torch

from daffnet_lite.structures import ATTRIBUTE_SIZES
from daffnet_mm.models.utils import AttributeLayout

SIZES = [ATTRIBUTE_SIZES, (2, 2), (5,), (3, 7, 2, 2, 4, 2, 2, 9)]


@pytest.mark.parametrize('sizes', SIZES)
def test_pad_against_a_split(sizes):
    scores = torch.randn(4, sum(sizes))
    padded = AttributeLayout(sizes).pad(scores)
    assert padded.shape == (4, len(sizes), max(sizes))
    for m, part in enumerate(scores.split(sizes, dim=1)):
        assert torch.equal(padded[:, m, : sizes[m]], part)
        assert (padded[:, m, sizes[m] :] == float('-inf')).all()


@pytest.mark.parametrize('sizes', SIZES)
def test_flatten_undoes_pad(sizes):
    layout = AttributeLayout(sizes)
    scores = torch.randn(3, sum(sizes))
    assert torch.equal(layout.flatten(layout.pad(scores)), scores)


@pytest.mark.parametrize('sizes', SIZES)
def test_softmax_and_its_gradient_against_a_loop(sizes):
    layout = AttributeLayout(sizes)
    logits = torch.randn(4, sum(sizes)).mul(5).requires_grad_()
    weights = torch.randn(4, sum(sizes))
    expected = torch.cat(
        [part.softmax(1) for part in logits.split(sizes, dim=1)], dim=1
    )
    scores = layout.softmax(logits)
    torch.testing.assert_close(scores, expected)
    for part in scores.split(sizes, dim=1):
        torch.testing.assert_close(part.sum(1), torch.ones(4))
    (gradient,) = torch.autograd.grad((scores * weights).sum(), logits)
    (other,) = torch.autograd.grad((expected * weights).sum(), logits)
    torch.testing.assert_close(gradient, other)


@pytest.mark.parametrize('sizes', SIZES)
def test_argmax_never_picks_a_place_without_a_value(sizes):
    layout = AttributeLayout(sizes)
    scores = -torch.rand(50, sum(sizes)) * 1e30
    picked = layout.pad(scores).argmax(-1)
    expected = torch.stack(
        [part.argmax(1) for part in scores.split(sizes, dim=1)], dim=1
    )
    assert torch.equal(picked, expected)


def test_softmax_of_half_precision_is_single():
    logits = torch.randn(2, 31, dtype=torch.bfloat16)
    scores = AttributeLayout(ATTRIBUTE_SIZES).softmax(logits)
    assert scores.dtype == torch.float32


def test_adds_nothing_to_a_checkpoint_and_moves_with_the_model():
    layout = AttributeLayout(ATTRIBUTE_SIZES)
    assert not layout.state_dict() and not list(layout.parameters())
    assert layout.to('meta').index.device.type == 'meta'


@pytest.mark.parametrize('sizes', [(), (2, 1, 3), (2, 0)])
def test_sizes_that_are_no_attributes_are_refused(sizes):
    with pytest.raises(ValueError, match='at least two values'):
        AttributeLayout(sizes)
