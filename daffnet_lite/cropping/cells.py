"""From markers to whole cells."""

import cv2
import numpy as np

from .morphology import (
    dilated,
    disc,
    distance_outside,
    filled,
    label,
    opened,
    touching,
)
from .stains import Stains
from .surroundings import Surroundings
from .thresholds import otsu_threshold


def flood_cells(
    stains: Stains, around: Surroundings, nuclei: np.ndarray, diameter: float
) -> np.ndarray:
    """Grow each nucleus to its cell: a watershed of the colour's gradient.

    Args:
        stains (Stains): The stain concentrations.
        around (Surroundings): Glass and red cells, the other markers.
        nuclei (np.ndarray): Numbered nuclei, of shape (H, W).
        diameter (float): Diameter of the largest nucleus in pixels.

    Returns:
        np.ndarray: The number of the nucleus whose cell a pixel belongs to,
        or 0; of shape (H, W).
    """
    from skimage.segmentation import watershed

    hulls = _convex_hulls(nuclei)
    reach = distance_outside(hulls > 0)
    limit = max(diameter, around.red_cell_diameter or 0)
    # The nucleus has the strongest edge of all, so the markers begin beyond.
    # Where broad cytoplasm goes on around it, they take that in.
    sure = ~around.glass & ~around.red_cells & (reach < 0.6 * limit)
    sure = touching(opened(sure | (hulls > 0), 0.15 * diameter), hulls > 0)
    sure = cv2.erode(sure.astype(np.uint8), disc(0.03 * diameter)) > 0
    sure |= reach < max(2, 0.06 * diameter)
    markers = watershed(reach, hulls, mask=sure)
    outside = (around.glass | around.red_cells) & (hulls == 0)
    outside |= reach > limit
    outside &= reach > 1.5
    background = nuclei.max() + 1
    markers = np.where(outside, background, markers)
    regions = watershed(_edges(stains, around.level, diameter), markers)
    return np.where(regions == background, 0, regions)


def _convex_hulls(nuclei: np.ndarray) -> np.ndarray:
    """Fill the bays between a nucleus's lobes."""
    hulls = np.zeros(nuclei.shape, np.int32)
    for number in range(1, nuclei.max() + 1):
        contours, _ = cv2.findContours(
            (nuclei == number).astype(np.uint8),
            cv2.RETR_EXTERNAL,
            cv2.CHAIN_APPROX_NONE,
        )
        cv2.fillConvexPoly(
            hulls, cv2.convexHull(np.concatenate(contours)), number
        )
    return np.where(nuclei > 0, nuclei, hulls)


def _edges(stains: Stains, level: float, diameter: float) -> np.ndarray:
    """Gradient between glass, cytoplasm and red cells.

    Stain well above the level that parts it from glass is clipped: granules
    and nuclei show no edges then.
    """
    most = 1.25 * level
    total = np.minimum(stains.total, most)
    chroma = np.clip(stains.azure - stains.red, -most, most / 2)
    edges = np.zeros_like(total)
    for plane, weight in ((total, 1), (chroma, 0.5)):
        plane = cv2.GaussianBlur(plane, (0, 0), max(0.5, 0.02 * diameter))
        edges += weight * np.hypot(
            cv2.Sobel(plane, cv2.CV_32F, 1, 0),
            cv2.Sobel(plane, cv2.CV_32F, 0, 1),
        )
    return edges


def tidy_cell(
    region: np.ndarray, nucleus: np.ndarray, diameter: float
) -> np.ndarray:
    """Take off what leaked out through a gap in the edge.

    Args:
        region (np.ndarray): The flooded cell, bool of shape (H, W).
        nucleus (np.ndarray): Its nucleus, bool of shape (H, W).
        diameter (float): Diameter of the largest nucleus in pixels.

    Returns:
        np.ndarray: The cell: in one piece, smooth, without holes.
    """
    whole = filled(region | nucleus)
    smooth = opened(whole, 0.12 * diameter) | nucleus
    return touching(smooth, nucleus)


def refine_nucleus(
    stains: Stains, nucleus: np.ndarray, cell: np.ndarray, diameter: float
) -> np.ndarray:
    """Draw the nucleus's edge by its own cell's brightness.

    The marker's threshold is one for the whole image. Here it is Otsu's
    between this nucleus and this cytoplasm, in green light, which a nucleus
    takes away most. The square root of the light makes the camera's noise
    even.

    Args:
        stains (Stains): The stain concentrations.
        nucleus (np.ndarray): The marker, bool of shape (H, W).
        cell (np.ndarray): Its cell, bool of shape (H, W).
        diameter (float): Diameter of the largest nucleus in pixels.

    Returns:
        np.ndarray: The nucleus, bool of shape (H, W).
    """
    light = np.exp(-0.5 * stains.density[..., 1])
    light = cv2.GaussianBlur(light, (0, 0), max(0.5, 0.02 * diameter))
    zone = dilated(cell, 0.04 * diameter)
    fine = cell & (light < otsu_threshold(light[zone]))
    fine = filled(fine, 0.03 * diameter**2)
    fine = opened(fine, 0.02 * diameter)
    # Dark granules and the cell's rim are thin or small.
    parts = label(fine)
    area = np.bincount(parts.ravel())
    area[0] = 0
    fine = (area >= 0.05 * area.max())[parts] & fine
    if not 0.4 < fine.sum() / nucleus.sum() < 2.5:
        return nucleus
    return fine
