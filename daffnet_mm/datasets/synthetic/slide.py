"""The slide under the microscope: stain concentrations, plane by plane."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass
class Slide:
    """What the painters paint on.

    Args:
        stains (np.ndarray): Concentrations of the four stains, float32 of
            shape (4, size, size), in the order of ``Laboratory.stains``.
        scale (float): Pixels per image width, times the magnification: what
            turns the painters' lengths, which are shares of the image's
            width, into pixels.
        rng (np.random.Generator): The image's random stream.
        attributes (Mapping[str, str]): The value of each attribute of the
            white cell.
    """

    stains: np.ndarray
    scale: float
    rng: np.random.Generator
    attributes: Mapping[str, str]

    @property
    def size(self) -> int:
        """Height and width in pixels."""
        return self.stains.shape[-1]

    def cover(self, mask: np.ndarray, colour) -> None:
        """Replace what lies under a mask, float32 in [0, 1].

        ``colour`` is the concentration of each of the four stains: a number,
        or an array of the mask's shape.
        """
        rest = 1 - mask
        for plane, concentration in zip(self.stains, colour, strict=True):
            plane *= rest
            if np.ndim(concentration) or concentration:
                plane += mask * concentration
