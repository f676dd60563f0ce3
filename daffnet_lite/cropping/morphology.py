"""Small steps on masks that all parts of the segmentation share."""

import cv2
import numpy as np


def disc(radius: float) -> np.ndarray:
    """A round structuring element, of radius 1 at least."""
    radius = max(1, round(radius))
    size = 2 * radius + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))


def opened(mask: np.ndarray, radius: float) -> np.ndarray:
    """Remove what a disc does not fit in; the image's border cuts nothing."""
    element = disc(radius)
    margin = element.shape[0]
    padded = cv2.copyMakeBorder(
        mask.astype(np.uint8),
        margin,
        margin,
        margin,
        margin,
        cv2.BORDER_REPLICATE,
    )
    inside = slice(margin, -margin)
    return (
        cv2.morphologyEx(padded, cv2.MORPH_OPEN, element)[inside, inside] > 0
    )


def dilated(mask: np.ndarray, radius: float) -> np.ndarray:
    """Grow a mask by a radius."""
    return cv2.dilate(mask.astype(np.uint8), disc(radius)) > 0


def distance_outside(mask: np.ndarray) -> np.ndarray:
    """Distance to the mask in pixels, 0 in it."""
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)


def distance_inside(mask: np.ndarray) -> np.ndarray:
    """Distance to the mask's edge in pixels, 0 outside."""
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)


def label(mask: np.ndarray) -> np.ndarray:
    """Number a mask's connected parts from 1, int32."""
    return cv2.connectedComponents(mask.astype(np.uint8))[1]


def touching(mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """The connected parts of a mask that hold a pixel of the seeds."""
    parts = label(mask)
    return mask & np.isin(parts, np.unique(parts[seeds & mask]))


def filled(
    mask: np.ndarray, largest: float = np.inf, roundness: float = 0
) -> np.ndarray:
    """Fill holes that are small and round enough.

    A hole that the image's border cuts open is none.

    Args:
        mask (np.ndarray): bool of shape (H, W).
        largest (float): Largest area in pixels. Defaults to any.
        roundness (float): Least area relative to that of a disc of the
            hole's largest extent. Defaults to 0.

    Returns:
        np.ndarray: The mask with its holes filled.
    """
    _, parts, stats, _ = cv2.connectedComponentsWithStats(
        (~mask).astype(np.uint8), connectivity=4
    )
    height, width = mask.shape
    left, top, across, down, area = stats.T
    hole = (
        (left > 0)
        & (top > 0)
        & (left + across < width)
        & (top + down < height)
        & (area <= largest)
    )
    disc_area = np.pi / 4 * np.maximum(across, down) ** 2
    hole &= area >= roundness * disc_area
    hole[0] = False
    return mask | hole[parts]


def equivalent_diameter(area) -> float:
    """Diameter of the disc of the same area."""
    return 2 * np.sqrt(area / np.pi)
