"""An image at a glance: reduced, with its glass and where nuclei may be."""

from functools import cached_property

import cv2
import numpy as np

from .nuclei import nuclear_mask
from .stains import Glass, Stains, separate_stains

#: Long side of the reduced image in which the scale and the glass are found.
COARSE_SIDE = 320


class Overview:
    """An image at a glance.

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3), BGR.
        even (bool): Take its light for even. Defaults to False.
    """

    def __init__(self, image: np.ndarray, even: bool = False) -> None:
        small = reduced(image, COARSE_SIDE / max(image.shape[:2]))
        #: How many pixels of the image are one here, along a side.
        self.factor = max(image.shape[:2]) / max(small.shape[:2])
        self.glass = Glass(small, even)
        self._small = small

    @cached_property
    def stains(self) -> Stains:
        """The stain concentrations."""
        return separate_stains(self._small, self.glass)

    def stains_of(self, image: np.ndarray) -> Stains:
        """The stain concentrations of the image at another size.

        Args:
            image (np.ndarray): The image, reduced or as it is.

        Returns:
            Stains: The concentrations; those of the overview where it has
            the image as it is, as of a single cell.
        """
        if image is self._small:
            return self.stains
        return separate_stains(image, self.glass)

    @cached_property
    def nuclei(self) -> np.ndarray:
        """Where nuclei are, roughly: bool."""
        return nuclear_mask(self.stains, 1)


def reduced(image: np.ndarray, factor: float) -> np.ndarray:
    """Make an image smaller, by averaging; never larger.

    Args:
        image (np.ndarray): Of shape (H, W, 3).
        factor (float): Its new size, relative to the old one.

    Returns:
        np.ndarray: The smaller image, or the same.
    """
    if factor >= 1:
        return image
    height, width = (max(round(n * factor), 1) for n in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
