import numpy as np
import pytest
import torch
import torch.nn.functional as F

from daffnet_mm.models.attention import PSA
from daffnet_mm.models.attention.psa import fitting_groups


def plain_psa(psa, x):
    """PSA as EPSANet's paper writes it: one branch after the other."""
    features, weights = [], []
    for branch in psa.branches:
        feature = F.conv2d(
            x,
            branch.weight,
            stride=branch.stride,
            padding=branch.padding,
            dilation=branch.dilation,
            groups=branch.groups,
        )
        squeezed = F.adaptive_avg_pool2d(feature, 1)
        hidden = F.relu(F.conv2d(squeezed, psa.se.fc1.weight, psa.se.fc1.bias))
        weights.append(
            torch.sigmoid(F.conv2d(hidden, psa.se.fc2.weight, psa.se.fc2.bias))
        )
        features.append(feature)
    weights = torch.softmax(torch.stack(weights, 1), 1)
    return torch.cat(
        [feature * weights[:, i] for i, feature in enumerate(features)], 1
    )


def outputs_and_gradients(function, x, module):
    x = x.clone().requires_grad_()
    out = function(x)
    seed = torch.randn(out.shape, generator=torch.Generator().manual_seed(1))
    gradients = torch.autograd.grad(
        (out * seed).sum(), [x, *module.parameters()]
    )
    return [out, *gradients]


@pytest.mark.parametrize(
    ('channels', 'size'),
    [(64, 28), (64, 15), (128, 7), (512, 3), (24, 9), (16, 28)],
)
@pytest.mark.parametrize(('stride', 'dilation'), [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize(
    'memory_format', [torch.contiguous_format, torch.channels_last]
)
def test_equals_the_plain_formulation(
    channels, size, stride, dilation, memory_format
):
    torch.manual_seed(0)
    psa = PSA(channels, channels, stride=stride, dilation=dilation)
    x = torch.randn(2, channels, size, size)
    expected = outputs_and_gradients(lambda x: plain_psa(psa, x), x, psa)
    x = x.to(memory_format=memory_format)
    actual = outputs_and_gradients(psa, x, psa)
    for one, other in zip(actual, expected, strict=True):
        tolerance = 1e-5 * other.abs().max().item() + 1e-6
        torch.testing.assert_close(one, other, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ('name', 'stride'), [('psa_module', 1), ('psa_module_stride2', 2)]
)
def test_agrees_with_the_public_code(shared, name, stride):
    figures = np.load(shared / 'fixtures' / 'epsanet' / f'{name}.npz')
    psa = PSA(64, 64, stride=stride).eval()
    psa.load_state_dict(
        {
            key[6:]
            .replace('conv_', 'branches.')
            .replace(*digits): torch.from_numpy(figures[key])
            for key in figures.files
            if key.startswith('param:')
            for digits in [branch_digits(key)]
        }
    )
    with torch.no_grad():
        out = psa(torch.from_numpy(figures['input']))
    # the public code concatenates the largest kernel's branch first
    expected = torch.from_numpy(figures['output'])
    expected = torch.cat(expected.chunk(4, 1)[::-1], 1)
    error = (out - expected).abs().max() / expected.abs().max()
    assert error < 1e-4


def branch_digits(key):
    """conv_1 of the public code is branch 0, and so on."""
    if 'conv_' not in key:
        return '', ''
    digit = int(key.split('conv_')[1][0])
    return f'.{digit}.', f'.{digit - 1}.'


def test_weights_of_the_branches_sum_to_one():
    psa = PSA(32, 32).eval()
    for branch in psa.branches:  # every branch gives ones
        torch.nn.init.zeros_(branch.weight)
    x = torch.randn(2, 32, 5, 5)
    branches = [torch.ones(2, 8, 5, 5) * (i + 1) for i in range(4)]
    for branch, value in zip(psa.branches, branches, strict=True):
        branch.forward = lambda _, value=value: value
    out = psa(x).view(2, 4, 8, 5, 5)
    total = sum(out[:, i] / (i + 1) for i in range(4))
    torch.testing.assert_close(total, torch.ones_like(total))


def test_parameter_count():
    # 16 output channels a branch, 64, 16, 8 and 4 input channels per group
    convolutions = 16 * (64 * 9 + 16 * 25 + 8 * 49 + 4 * 81)
    excitation = 16 * 1 + 1 + 1 * 16 + 16
    psa = PSA(64, 64)
    assert sum(p.numel() for p in psa.parameters()) == (
        convolutions + excitation
    )


@pytest.mark.parametrize(
    ('channels', 'groups'),
    [
        (64, [1, 4, 8, 16]),
        (48, [1, 4, 6, 12]),
        (40, [1, 2, 5, 10]),
        (32, [1, 4, 8, 8]),
        (24, [1, 3, 6, 6]),
        (16, [1, 4, 4, 4]),
    ],
)
def test_narrow_networks_have_fewer_groups(channels, groups):
    psa = PSA(channels, channels)
    assert [branch.groups for branch in psa.branches] == groups
    assert psa(torch.randn(1, channels, 4, 4)).shape == (1, channels, 4, 4)


def test_fitting_groups():
    assert fitting_groups(16, 64, 16) == 16
    assert fitting_groups(16, 40, 10) == 10
    assert fitting_groups(4, 7, 5) == 1


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(out_channels=30), '30 output channels'),
        (dict(kernel_sizes=(3, 5)), '4 for 2 kernel sizes'),
        (dict(kernel_sizes=(2, 3, 5, 7)), 'odd kernel sizes'),
    ],
)
def test_impossible_geometry_is_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        PSA(**{'in_channels': 32, 'out_channels': 32, **kwargs})
