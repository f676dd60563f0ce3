"""How well details can correlate at most: most strangers need no more.

A correlation at a shift is a sum over frequencies. That of the low ones is
computed, at all shifts; that of the others is no more than the product of
their norms, by Cauchy and Schwarz, whatever the shift. What the sum of the two
keeps below the threshold needs no Fourier transforms of its own: some two
microseconds a pair in the place of thirty-six.
"""

from collections.abc import Iterable
from itertools import islice

import numpy as np
from scipy import fft

from .detail_correlation import (
    DETAIL_SIZE,
    MAX_SHIFT,
    PADDED_SIZE,
    symmetries,
    unit,
)

# Frequencies up to this radius are low. With fewer more strangers are left
# over, more take longer than those do.
_RADIUS = 10
#: What a coefficient of 1 is kept as.
_SCALE = 2**15 - 1
# More than the rounding to whole numbers can add up to (0.0006), and that of
# the Fourier transforms.
_ALLOWANCE = 0.001
# Details that are transformed, and pairs that are looked at, at a time: what
# stays in the processor's cache.
_DETAILS, _PAIRS = 256, 512


class CorrelationBound:
    """An upper bound of :func:`~.detail_correlation.correlate`.

    It keeps 636 bytes a detail.

    Args:
        details (Iterable[np.ndarray]): Details in one channel, each (48, 48).
        number (int): How many there are.
    """

    def __init__(self, details: Iterable[np.ndarray], number: int) -> None:
        rows = np.arange(-_RADIUS, _RADIUS + 1)
        y, x = np.meshgrid(rows, rows, indexing='ij')
        # Of each frequency and its opposite one is enough, as details are
        # real. The mean, 0 but for rounding, is with the rest.
        half = (y * y + x * x <= _RADIUS**2) & ((x > 0) | (x == 0) & (y > 0))
        self._y, self._x = y[half], x[half]
        numbers = np.zeros(y.shape, int)
        numbers[half] = np.arange(1, half.sum() + 1)
        # Seen from their middle, details turn as their spectra do; the
        # opposite of a frequency has its conjugate.
        turned = symmetries(numbers - numbers[::-1, ::-1])
        self._turned = [
            (np.abs(t[half]) - 1, np.sign(t[half]).astype(np.float32))
            for t in turned
        ]
        # Opposite shifts have the same cosines, and sines but for their sign.
        span = range(-MAX_SHIFT, MAX_SHIFT + 1)
        shifts = np.array(
            [(v, u) for v in span for u in span if (v, u) >= (0, 0)]
        )
        angles = _angle(self._y, shifts[:, 0]) + _angle(self._x, shifts[:, 1])
        self._cosines = np.cos(angles).astype(np.float32)
        self._sines = np.sin(angles).astype(np.float32)
        self._real = np.zeros((number, len(self._y)), np.int16)
        self._imaginary = np.zeros_like(self._real)
        self._rest = np.zeros(number, np.float32)
        details = iter(details)
        for start in range(0, number, _DETAILS):
            some = np.stack(list(islice(details, _DETAILS)))
            self._keep(slice(start, start + _DETAILS), some)

    def _keep(self, where: slice, details: np.ndarray) -> None:
        size = PADDED_SIZE, PADDED_SIZE
        # Such that products need no factor, the low ones for both halves.
        spectra = fft.fft2(unit(details), size, norm='ortho')
        middle = (DETAIL_SIZE - 1) / 2
        turns = np.exp(1j * _angle(self._y + self._x, middle))
        low = spectra[:, self._y, self._x] * (np.sqrt(2) * turns)
        self._real[where] = np.rint(low.real * _SCALE)
        self._imaginary[where] = np.rint(low.imag * _SCALE)
        spectra[:, self._y, self._x] = 0
        spectra[:, -self._y, -self._x] = 0
        self._rest[where] = np.linalg.norm(spectra, axis=(1, 2))

    def likely(self, candidates: np.ndarray, least: float) -> np.ndarray:
        """Leave out the pairs that cannot correlate by so much.

        Args:
            candidates (np.ndarray): Rows of i, j and the symmetry of j, which
                is the same in all: (P, 3).
            least (float): The correlation.

        Returns:
            np.ndarray: Some of the rows, among them all that reach it.
        """
        kept = [candidates[:0]]
        for start in range(0, len(candidates), _PAIRS):
            some = candidates[start : start + _PAIRS]
            kept.append(some[self._most(some) >= least - _ALLOWANCE])
        return np.concatenate(kept)

    def _most(self, candidates: np.ndarray) -> np.ndarray:
        """What the candidates of one symmetry correlate by at most."""
        first, second = candidates[:, 0], candidates[:, 1]
        order, sign = self._turned[candidates[0, 2]]
        a = self._real[first].astype(np.float32)
        b = self._imaginary[first].astype(np.float32)
        c = self._real[second][:, order].astype(np.float32)
        d = self._imaginary[second][:, order] * sign
        even = (a * c + b * d) @ self._cosines
        odd = (b * c - a * d) @ self._sines
        low = (even + np.abs(odd)).max(1) / np.float32(_SCALE**2)
        return low + self._rest[first] * self._rest[second]


def _angle(frequencies: np.ndarray, shifts: np.ndarray | float) -> np.ndarray:
    return 2 * np.pi / PADDED_SIZE * np.multiply.outer(frequencies, shifts)
