"""How well the fine structures of two images agree, shifted a little."""

from collections.abc import Iterator

import numpy as np
from scipy import fft

from .similar_hashes import SYMMETRIES

#: Side of the detail image in pixels.
DETAIL_SIZE = 48
#: How far two photographs of one cell may be shifted, in pixels of the detail
#: image: an eighth of the side.
MAX_SHIFT = 6
#: Padded so that what is shifted out does not come in on the other side.
PADDED_SIZE = fft.next_fast_len(DETAIL_SIZE + MAX_SHIFT, real=True)


def symmetries(images: np.ndarray) -> Iterator[np.ndarray]:
    """Give the four quarter turns of images (..., H, W) and their mirrors."""
    for mirrored in (images, images[..., ::-1]):
        for turns in range(4):
            yield np.rot90(mirrored, turns, axes=(-2, -1))


def unit(details: np.ndarray) -> np.ndarray:
    """Give details of (N, 48, 48) the length 1; those without contrast 0."""
    details = details.astype(np.float32)
    norms = np.linalg.norm(details, axis=(1, 2), keepdims=True)
    return details / np.maximum(norms, 1)


def correlate(details: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Correlate pairs of details at the best of all small shifts.

    Args:
        details (np.ndarray): Details in one channel, (N, 48, 48).
        candidates (np.ndarray): Rows of i, j and the symmetry of j, (P, 3).

    Returns:
        np.ndarray: Correlations of (P, ), at most 1; 0 without contrast.
    """
    size = PADDED_SIZE, PADDED_SIZE
    shifts = np.arange(-MAX_SHIFT, MAX_SHIFT + 1)
    correlations = np.zeros(len(candidates), np.float32)
    for symmetry in range(SYMMETRIES):
        which = np.flatnonzero(candidates[:, 2] == symmetry)
        # In batches that stay in the processor's cache.
        for start in range(0, len(which), 256):
            some = which[start : start + 256]
            first = unit(details[candidates[some, 0]])
            second = unit(details[candidates[some, 1]])
            second = list(symmetries(second))[symmetry]
            spectrum = fft.rfft2(first, size) * fft.rfft2(second, size).conj()
            surface = fft.irfft2(spectrum, size)
            near = surface[:, shifts[:, None], shifts]
            correlations[some] = near.max((1, 2))
    return correlations
