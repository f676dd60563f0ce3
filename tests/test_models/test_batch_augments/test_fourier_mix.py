import numpy as np
import pytest
import torch
from mmpretrain.registry import BATCH_AUGMENTS

from daffnet_lite.errors import InputError
from daffnet_mm.models.batch_augments.fourier_mix import (
    FourierMix,
    mix_amplitudes,
)


def test_by_hand():
    """Of an even image and a wave of the same phase, every figure is known."""
    # amplitude 2 at frequency 0
    even = torch.full((1, 1, 2, 4), 2.0)
    # amplitude 6 at frequency 0, and 4 at the first one across
    wave = 6 + 4 * torch.tensor([1.0, 0.0, -1.0, 0.0]).expand(1, 1, 2, 4)
    mixed = mix_amplitudes(wave, even, torch.tensor([0.25]))
    # three quarters of the wave's, and a quarter of 2 and of 0
    expected = (0.75 * 6 + 0.25 * 2) + 0.75 * 4 * torch.tensor(
        [1.0, 0.0, -1.0, 0.0]
    )
    assert torch.allclose(mixed, expected.expand(1, 1, 2, 4), atol=1e-5)


def test_amplitudes_are_mixed_and_phases_kept():
    generator = np.random.default_rng(0)
    # odd sizes, too
    images, others = generator.normal(size=(2, 3, 3, 7, 6))
    shares = np.array([0.0, 0.3, 1.0])
    mixed = mix_amplitudes(
        *map(torch.from_numpy, (images, others, shares))
    ).numpy()
    spectrum, other, found = (
        np.fft.fft2(values) for values in (images, others, mixed)
    )
    weights = shares.reshape(-1, 1, 1, 1)
    amplitudes = (1 - weights) * abs(spectrum) + weights * abs(other)
    assert np.allclose(abs(found), amplitudes)
    assert np.allclose(found / abs(found), spectrum / abs(spectrum))
    assert np.allclose(mixed[0], images[0])


def test_labels_stay_and_the_seed_decides():
    augment = BATCH_AUGMENTS.build(dict(type='FourierMix', most=0.5))
    images, scores = torch.randn(4, 3, 8, 8), torch.eye(4)
    np.random.seed(1)
    first, kept = augment(images, scores)
    np.random.seed(1)
    again, _ = augment(images, scores)
    assert torch.equal(first, again)
    assert not torch.allclose(first, images, atol=1e-3)
    assert torch.equal(kept, scores)


@pytest.mark.parametrize('most', [0, 1.1])
def test_a_share_out_of_range(most):
    with pytest.raises(InputError, match='above 0 and at most 1'):
        FourierMix(most)
