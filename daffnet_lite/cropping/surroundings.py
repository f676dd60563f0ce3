"""What is no white cell: glass and red cells."""

from dataclasses import dataclass

import numpy as np

from .morphology import (
    dilated,
    distance_inside,
    distance_outside,
    filled,
    opened,
    touching,
)
from .stains import LEAST_LEVEL, Stains
from .thresholds import otsu_threshold

#: Red cells' hues differ by no more than this, as a standard deviation.
MOST_SPREAD = 0.17
#: Fewer whole red cells than this say nothing about their size.
LEAST_RED_CELLS = 6
#: A nucleus is no larger than this, relative to a red cell; if it is, those
#: were fragments.
MOST_TO_RED_CELL = 2.6
#: Stained areas without a nucleus are red cells if they cover this share of
#: the image. Less is dirt.
LEAST_RED_SHARE = 0.06


@dataclass
class Surroundings:
    """What lies around the nuclei.

    Args:
        stained (np.ndarray): Clearly no glass, bool of shape (H, W).
        glass (np.ndarray): Surely glass, bool of shape (H, W).
        red_cells (np.ndarray): Surely red cells, bool of shape (H, W).
        level (float): Optical density that parts glass from stain.
        red_cell_diameter (float | None): In pixels, where there are any
            and they were measured.
    """

    stained: np.ndarray
    glass: np.ndarray
    red_cells: np.ndarray
    level: float
    red_cell_diameter: float | None


def describe(
    stains: Stains, nuclei: np.ndarray, diameter: float, sized: bool = True
) -> Surroundings:
    """Tell glass and red cells from what may be cytoplasm.

    Args:
        stains (Stains): The stain concentrations.
        nuclei (np.ndarray): The nuclei, bool of shape (H, W).
        diameter (float): Diameter of the largest nucleus in pixels.
        sized (bool): Whether the red cells are measured. Defaults to True.

    Returns:
        Surroundings: What was found.
    """
    level = _stain_level(stains.total, nuclei, diameter)
    stained = stains.total > level
    reach = distance_outside(nuclei)
    # What hangs together with a nucleus may be its cytoplasm.
    own = touching(stained | nuclei, nuclei)
    far = (
        stained & (reach > 0.3 * diameter) & (~own | (reach > 1.25 * diameter))
    )
    red_cells, red_cell_diameter = np.zeros_like(stained), None
    if far.mean() > LEAST_RED_SHARE:
        red_cells = _like(stains, far) & (reach > 0.15 * diameter)
        red_cells = opened(red_cells, 0.06 * diameter)
        if sized:
            red_cell_diameter = _red_cell_diameter(far, diameter)
    # Twice the usual distance from the glass's colour is three standard
    # deviations of its noise.
    empty = stains.total[~dilated(stained, 0.05 * diameter)]
    noise = 2 * np.median(empty) if empty.size else level
    glass = stains.total < np.clip(noise, 0.3 * level, 0.6 * level)
    return Surroundings(stained, glass, red_cells, level, red_cell_diameter)


def _stain_level(
    total: np.ndarray, nuclei: np.ndarray, diameter: float
) -> float:
    """Otsu's threshold between glass and the palest stain there is much of.

    Nuclei are so dark that Otsu's method would take pale cytoplasm for glass;
    all is therefore clipped to the usual stain that is no nucleus.
    """
    most = 0.5
    if nuclei.any():
        most = min(most, np.median(total[nuclei]) / 2)
    level = otsu_threshold(np.minimum(total, most))
    around = ~dilated(nuclei, 0.08 * diameter)
    for _ in range(2):
        pale = total[(total > level) & around]
        if pale.size < 0.01 * total.size:
            break
        level = otsu_threshold(np.minimum(total, np.median(pale)))
    return max(float(level), LEAST_LEVEL)


def _like(stains: Stains, sample: np.ndarray) -> np.ndarray:
    """Where the colour is that of a sample's pixels.

    A red cell's thickness changes its density, but hardly its hue. Eosin
    granules are redder or denser.
    """
    hue = stains.hue[sample]
    usual = np.median(hue)
    spread = min(1.48 * np.median(np.abs(hue - usual)) + 0.03, MOST_SPREAD)
    density = np.median(stains.total[sample])
    return (
        (np.abs(stains.hue - usual) < 2 * spread)
        & (stains.total > 0.6 * density)
        & (stains.total < 1.8 * density)
    )


def _red_cell_diameter(red: np.ndarray, diameter: float) -> float | None:
    """Twice the usual depth of the red cells' middles.

    In a clump, too, each has a middle. The pale centres are filled before.
    The median is weighted by depth, lest fragments outvote cells.
    """
    from skimage.feature import peak_local_max

    depth = distance_inside(filled(red, 0.02 * red.size, roundness=0.6))
    peaks = peak_local_max(
        depth,
        min_distance=max(2, round(0.2 * diameter)),
        threshold_abs=0.1 * diameter,
        exclude_border=False,
    )
    radii = depth[tuple(peaks.T)]
    # A cell that the border cuts may have its middle outside.
    room = np.minimum(peaks, np.array(red.shape) - 1 - peaks).min(axis=1)
    radii = np.sort(radii[room >= radii])
    if radii.size:
        radii = radii[radii > 0.5 * np.percentile(radii, 90)]
    if radii.size < LEAST_RED_CELLS:
        return None
    weight = np.cumsum(radii)
    found = 2 * float(radii[np.searchsorted(weight, weight[-1] / 2)])
    return found if diameter < MOST_TO_RED_CELL * found else None
