"""A wide view about one cell loses its borders; a tight one stays."""

from dataclasses import dataclass

import cv2
import numpy as np

from daffnet_lite.cropping.thresholds import lowest_of_three
from daffnet_lite.errors import InputError

from .windows import middle_share

#: Side of the reduced image in which the nucleus is measured, in pixels.
_SIDE = 64
#: Parts of a nucleus have their middle in this share of the image, about its
#: own; neighbours at the border do not count.
_MIDDLE = 0.7


@dataclass(frozen=True)
class CellFrame:
    """Crop a wide view about the cell in its middle; leave a tight one.

    Laboratories cut cells out more or less tightly: a cell takes two fifths
    of the width of PBC's images, two thirds of JTSC's, and most of BCCD's. One
    crop for all would either waste two thirds of the network's pixels on red
    cells or cut cells. A crop to each cell would make small and big cells
    alike. So a wide view loses a fixed share of its borders, and all images of
    a laboratory like PBC keep one scale.

    A view is wide if its nucleus is small beside it. The nucleus is what the
    lowest of three classes of green intensity (multi-level Otsu) covers in
    the middle of the image, its size the square root of that area, relative
    to the root of the image's. It takes under a millisecond.

    Args:
        share (float): The share of height and width that a crop keeps.
            Defaults to 0.66.
        tight (float): From this size of the nucleus on, the image stays
            whole. Defaults to 0.4, which 99.6 % of PBC's five white cell
            classes stay below, and 97 % of BCCD's crops do not.

    Raises:
        InputError: If one of them is no share.
    """

    share: float = 0.66
    tight: float = 0.4

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(
                f'FrameCell: share={self.share} must be above 0 and at most 1'
            )
        if not 0 <= self.tight <= 1:
            raise InputError(
                f'FrameCell: tight={self.tight} must lie between 0 and 1'
            )

    def __call__(self, img: np.ndarray) -> np.ndarray:
        """Crop one image, or leave it.

        Args:
            img (np.ndarray): BGR, uint8, of shape (H, W, 3).

        Returns:
            np.ndarray: The crop, or the image itself.
        """
        if nucleus_size(img) >= self.tight:
            return img
        return middle_share(img, self.share)


def nucleus_size(img: np.ndarray) -> float:
    """Estimate the size of the nucleus in the middle of an image.

    Args:
        img (np.ndarray): BGR, uint8, of shape (H, W, 3).

    Returns:
        float: The root of its share of the image's area; 0 where the image
        has fewer than three intensities.
    """
    return float(np.sqrt(nucleus_in_middle(img).mean()))


def nucleus_in_middle(img: np.ndarray) -> np.ndarray:
    """Find the nucleus in the middle of an image, roughly.

    Args:
        img (np.ndarray): BGR, uint8, of shape (H, W, 3).

    Returns:
        np.ndarray: Where it is in the image reduced to a square, bool of
        (64, 64); nowhere, where the image has fewer than three intensities.
    """
    small = cv2.resize(
        img[..., 1], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA
    )
    small = cv2.GaussianBlur(small, (3, 3), 0)
    threshold = lowest_of_three(small)
    if threshold is None:
        return np.zeros_like(small, bool)
    _, parts, _, centres = cv2.connectedComponentsWithStats(
        (small <= threshold).astype(np.uint8)
    )
    off_centre = np.abs(centres - (_SIDE - 1) / 2).max(axis=1)
    is_middle = off_centre < _MIDDLE * _SIDE / 2
    is_middle[0] = False  # what is no part of a nucleus
    return is_middle[parts]
