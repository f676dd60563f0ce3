"""What an image itself says: is there a nucleus, is it sharp, is it alone?"""

from typing import NamedTuple

import cv2
import numpy as np

from daffnet_lite.cropping import segment_cells
from daffnet_lite.cropping.morphology import (
    dilated,
    equivalent_diameter,
    label,
)
from daffnet_lite.cropping.nuclei import nuclear_mask
from daffnet_lite.cropping.overview import Overview, reduced

#: Short edge of the image in which all is measured, in pixels.
SIDE = 96
#: Images are segmented, which takes a hundred times as long, if the second
#: nucleus is at least this large beside the first, by diameter.
SECOND = 0.5
#: Lobes are one nucleus across a gap of less than this many diameters.
GAP = 0.24
#: Long side to which larger images are reduced before they are segmented.
LARGEST_SIDE = 1024
#: The middle of the image: this share of its short edge about its own middle.
MIDDLE = 0.66


class View(NamedTuple):
    """What an image shows.

    Attributes:
        nucleus (float): The size of what is stained as nuclei are, in the
            middle half of the image: the root of its area, relative to the
            root of the image's. 0 where there is none.
        sharpness (float): How many times the steepest edge fits into the
            nucleus, all of its lobes together; infinite where there is none.
        cells (int): White cells that stand out: whole ones, or such in the
            middle; those of the rim do not count beside one in the middle.
        concentration (float): Of what is stained as nuclei are, the share in
            the middle half times the share of the largest piece: a nucleus of
            four lobes has a quarter, noise has far less. 1 where there is
            none.
    """

    nucleus: float
    sharpness: float
    cells: int
    concentration: float


def look_at(image: np.ndarray) -> View:
    """Measure an image, in about two milliseconds.

    Only where a second nucleus is about as large as the first are its cells
    segmented, which takes a tenth of a second.

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3), BGR.

    Returns:
        View: What it shows.
    """
    small = _resized(image)
    nuclei = nuclear_mask(Overview(small, even=True).stains, 1)
    if not nuclei.any():
        return View(0.0, np.inf, 0, 1.0)
    edge = SIDE // 4
    middle = nuclei[edge:-edge, edge:-edge].sum()
    area = np.bincount(label(nuclei).ravel())[1:].max()
    largest = equivalent_diameter(area)
    # A nucleus of many lobes is no less sharp than a round one.
    whole = equivalent_diameter(max(middle, area))
    return View(
        float(np.sqrt(middle / nuclei.size)),
        float(_steepest(small) * whole),
        _count(image) if _has_second(nuclei, largest) else 1,
        float(middle * area / nuclei.sum() ** 2.0),
    )


def _resized(image: np.ndarray) -> np.ndarray:
    scale = SIDE / min(image.shape[:2])
    height, width = (max(SIDE, round(scale * n)) for n in image.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=method)


def _steepest(image: np.ndarray) -> float:
    """The steepest edges of the green light, relative to its range, a pixel.

    Both leave out the outermost fiftieths, for noise and dirt.
    """
    green = image[..., 1].astype(np.float32)
    slope = np.hypot(
        cv2.Sobel(green, cv2.CV_32F, 1, 0, scale=1 / 8),
        cv2.Sobel(green, cv2.CV_32F, 0, 1, scale=1 / 8),
    )
    low, high = np.percentile(green, (2, 98))
    return float(np.percentile(slope, 98)) / max(float(high - low), 1.0)


def _has_second(nuclei: np.ndarray, largest: float) -> bool:
    """Whether a second nucleus, apart from the first, is as large."""
    groups = label(dilated(nuclei, GAP / 2 * largest))
    sizes = np.sort(np.bincount(groups.ravel(), nuclei.ravel())[1:])
    return sizes.size > 1 and bool(sizes[-2] >= SECOND**2 * sizes[-1])


def _count(image: np.ndarray) -> int:
    """Count the white cells of an image that count as such."""
    image = reduced(image, LARGEST_SIDE / max(image.shape[:2]))
    cells = segment_cells(image)
    height, width = image.shape[:2]
    reach = MIDDLE / 2 * min(height, width)
    whole, near, held = 0, 0, False
    for cell in cells:
        x1, y1, x2, y2 = cell.box
        whole += x1 > 1 and y1 > 1 and x2 < width - 1 and y2 < height - 1
        x, y = (x1 + x2 - width) / 2, (y1 + y2 - height) / 2
        near += max(abs(x), abs(y)) < reach
        held |= x1 < width / 2 < x2 and y1 < height / 2 < y2
    # With none in the middle, it is not clear which one is meant.
    return max(whole, near) if held or len(cells) < 2 else len(cells)
