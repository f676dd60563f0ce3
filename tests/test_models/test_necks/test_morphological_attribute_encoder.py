import copy

import pytest
import torch
from mmpretrain.registry import MODELS

from daffnet_lite.structures import ATTRIBUTE_SIZES
from daffnet_mm.models.necks import MorphologicalAttributeEncoder

SIZES = [ATTRIBUTE_SIZES, (2,) * 7, (3, 2, 4, 2, 5, 2, 9, 2), (2, 6) * 10]


def random_scores(sizes, number=4):
    return torch.cat([torch.randn(number, s).softmax(1) for s in sizes], 1)


def encode_in_loops(encoder, scores):
    """Sec. 2.2.2 as written: one attribute after the other, then Fig. 3."""
    rows = []
    start = 0
    for m in range(len(encoder.expand)):
        expand, squeeze = encoder.expand[m], encoder.squeeze[m]
        size = expand.in_features
        own = scores[:, start : start + size]
        hidden = torch.sigmoid(own @ expand.weight.T + expand.bias)
        rows.append(hidden @ squeeze.weight.T + squeeze.bias)
        start += size
    feature = torch.stack(rows, dim=1).unsqueeze(1)
    for conv in encoder.convs:
        feature = torch.nn.functional.conv2d(feature, conv.conv.weight)
        feature = conv.norm(feature).relu()
    return torch.nn.functional.adaptive_avg_pool2d(feature, 1).flatten(1)


@pytest.mark.parametrize('sizes', SIZES)
def test_parameter_count(sizes):
    encoder = MorphologicalAttributeEncoder(sizes)
    rows = len(sizes)
    linear = sum(n * 10 * n + 10 * n + 10 * n * rows + rows for n in sizes)
    convs = (
        (8 * 1 * 1 + 2 * 8) + (64 * 8 * 9 + 2 * 64) + (128 * 64 * 25 + 2 * 128)
    )
    assert sum(p.numel() for p in encoder.parameters()) == linear + convs
    if sizes is ATTRIBUTE_SIZES:
        assert linear + convs == 4_891 + 209_816 == 214_707


def test_layers():
    encoder = MODELS.build(dict(type='MorphologicalAttributeEncoder'))
    for n, expand, squeeze in zip(
        ATTRIBUTE_SIZES, encoder.expand, encoder.squeeze, strict=True
    ):
        assert (expand.in_features, expand.out_features) == (n, 10 * n)
        assert (squeeze.in_features, squeeze.out_features) == (10 * n, 11)
    convs = [conv.conv for conv in encoder.convs]
    assert [c.kernel_size[0] for c in convs] == [1, 3, 5]
    assert [c.out_channels for c in convs] == [8, 64, 128]
    assert all(c.stride == (1, 1) and c.padding == (0, 0) for c in convs)


@pytest.mark.parametrize('sizes', SIZES)
def test_gives_128_values_for_any_attributes(sizes):
    encoder = MorphologicalAttributeEncoder(sizes)
    assert encoder.out_channels == 128
    assert encoder(random_scores(sizes)).shape == (4, 128)
    encoder.eval()
    assert encoder(random_scores(sizes, 1)).shape == (1, 128)


@pytest.mark.parametrize('number', [1, 6])
def test_too_few_attributes_are_refused(number):
    with pytest.raises(
        ValueError, match=f'at least 7 attributes .*but got {number}'
    ):
        MorphologicalAttributeEncoder((2,) * number)


@pytest.mark.parametrize('sizes', SIZES)
@pytest.mark.parametrize('training', [True, False])
def test_against_loops(sizes, training):
    torch.manual_seed(0)
    encoder = MorphologicalAttributeEncoder(sizes).double().train(training)
    reference = copy.deepcopy(encoder)
    scores = random_scores(sizes).double().requires_grad_()
    weights = torch.randn(128).double()
    results = []
    for model, forward in (
        (encoder, encoder),
        (reference, lambda x: encode_in_loops(reference, x)),
    ):
        feature = forward(scores)
        gradients = torch.autograd.grad(
            (feature * weights).square().sum(), [scores, *model.parameters()]
        )
        results.append((feature, *gradients, *model.buffers()))
    for value, expected in zip(*results, strict=True):
        torch.testing.assert_close(value, expected)
    # An attribute's weights get a gradient from its own values alone; a
    # mistaken layout would leave some without any.
    assert all(g.abs().sum() > 0 for g in results[0][2 : 2 + len(sizes)])
