"""Find the white cells in a picture of a blood smear."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from daffnet_lite.errors import InputError

from .cells import flood_cells, refine_nucleus, tidy_cell
from .large_fields import (
    Collection,
    Part,
    parts_of,
    red_cells_of_large_field,
)
from .morphology import equivalent_diameter, label
from .nuclei import LobeGroups, nuclear_mask, split_lobes
from .overview import Overview, reduced
from .segmented_cell import SegmentedCell
from .stains import Stains
from .surroundings import MOST_TO_RED_CELL, Surroundings, describe

#: Nuclei are measured at this many pixels across: larger images are reduced,
#: smaller ones taken as they are.
NUCLEUS_PIXELS = 64
#: How far the nuclei are grown before they are parted, in pixels at that
#: scale; None: not, and their holes stay.
CHAINS = {'own': None, 'chen2022': 1.0}
#: Smaller images show nothing of a cell.
LEAST_SIDE = 16
#: A nucleus is no smaller than this relative to a red cell (platelets are),
#: to the image's largest nucleus beside red cells or without any, and, where
#: no red cells give the scale, to the image's short side.
LEAST_TO_RED_CELL = 0.65
LEAST_TO_LARGEST = 0.4
LEAST_TO_LARGEST_ALONE = 0.5
LEAST_TO_IMAGE = 0.05
#: A nucleus may be this much smaller if the image's border cuts it.
CUT = 0.6
#: One lobe of several is no larger than this, relative to a red cell.
LOBE_TO_RED_CELL = 1.2


def segment_cells(
    image: np.ndarray,
    chain: str = 'own',
    check: Callable[[], None] | None = None,
) -> list[SegmentedCell]:
    """Find white cells, with nucleus and cytoplasm, in a stained smear.

    The method of Chen et al. 2022 ("Data collection" and Fig. 2): colour
    deconvolution shows the nuclei, whose lobes are parted by a distance
    transform; a watershed from these markers finds the cells. Thresholds
    follow the image, above fixed floors of stain; so does the scale: from its
    nuclei, and from its red cells where it has any. A field of many red cells
    across is segmented part by part. The
    background should be bright and the stain of Romanowsky's kind (Wright,
    Giemsa, May-Grünwald, Leishman).

    Left out are red cells, platelets and stain deposits. A naked nucleus
    counts as a cell, and so does a cell that the border cuts.

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3), BGR. It is not changed.
        chain (str): How the binary image becomes markers: ``'own'`` opens it,
            and ``'chen2022'`` takes the paper's every step, by which holes are
            filled before and the nuclei grown after. The paper says not how
            far, and it finds fewer cells. Defaults to ``'own'``.
        check (Callable, optional): Called before each part of a large field,
            to raise where it is not worth going on. Defaults to None.

    Returns:
        list[SegmentedCell]: The cells, largest nucleus first; empty where
        there is none.

    Raises:
        InputError: If the image is none, or not 8-bit with three channels, or
            there is no such chain.

    Examples:
        >>> import cv2
        >>> from daffnet_lite.cropping import segment_cells
        >>> image = cv2.imread('field.jpg')
        >>> for cell in segment_cells(image):
        ...     x1, y1, x2, y2 = cell.box
        ...     crop = image[y1:y2, x1:x2]
    """
    check_chain(chain)
    _check_image(image)
    overview = Overview(image)
    red_cell = red_cells_of_large_field(image, overview)
    if red_cell is None:
        cells = _segment_field(image, overview, chain)
    else:
        found = Collection(image.shape, red_cell)
        for part in parts_of(image.shape, red_cell):
            if check is not None:
                check()
            pixels = part.pixels(image)
            for cell in _segment_field(pixels, Overview(pixels), chain, part):
                found.add(part, cell)
        cells = found.cells()
    return sorted(
        cells, key=lambda cell: cell.nucleus_in_box.sum(), reverse=True
    )


def check_chain(chain: str) -> None:
    """Refuse a chain of steps that there is not.

    Raises:
        InputError: If there is none of the name.
    """
    if chain not in CHAINS:
        raise InputError(
            f'there is no chain {chain!r}; there are {" and ".join(CHAINS)}'
        )


def _check_image(image: np.ndarray) -> None:
    wanted = 'expected is an 8-bit BGR image, uint8 of shape (H, W, 3)'
    if not isinstance(image, np.ndarray):
        raise InputError(
            f'segment_cells got a {type(image).__name__}; {wanted}'
        )
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InputError(
            f'segment_cells got an image of type {image.dtype} '
            f'and shape {image.shape}; {wanted}'
        )
    if min(image.shape[:2]) < LEAST_SIDE:
        raise InputError(
            f'segment_cells got an image of shape {image.shape}; it needs at '
            f'least {LEAST_SIDE} x {LEAST_SIDE} pixels to find a cell'
        )


def _segment_field(
    image: np.ndarray,
    overview: Overview,
    chain: str,
    part: Part | None = None,
) -> list[SegmentedCell]:
    """Find the white cells of a field that is not large.

    Args:
        image (np.ndarray): The field.
        overview (Overview): That of the image.
        chain (str): As for :func:`segment_cells`.
        part (Part, optional): What it is a part of a large field. Defaults to
            None: it is none.
    """
    if not overview.nuclei.any():
        return []
    diameter = _largest_diameter(overview.nuclei) * overview.factor
    work = reduced(image, NUCLEUS_PIXELS / diameter)
    scale = max(work.shape[:2]) / max(image.shape[:2])
    cells = []
    for nucleus, cell in _segment(
        overview.stains_of(work), CHAINS[chain], part, scale
    ):
        if work.shape != image.shape:
            nucleus, cell = (_enlarged(m, image) for m in (nucleus, cell))
        if nucleus.any():
            cells.append(SegmentedCell.from_masks(nucleus, cell | nucleus))
    return cells


def _segment(
    stains: Stains, growth: float | None, part: Part | None, scale: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Find nucleus and cell of each white cell, at the working scale."""
    mask = nuclear_mask(stains, 0.04 * NUCLEUS_PIXELS, growth)
    if not mask.any():
        return []
    diameter = _largest_diameter(mask)
    around = describe(stains, mask, diameter)
    tiny = 0.0
    if part is None:
        tiny = LEAST_TO_IMAGE * min(mask.shape)
    elif around.red_cell_diameter is None:
        around = replace(around, red_cell_diameter=part.red_cell * scale)
    red_cell = around.red_cell_diameter or np.inf
    cytoplasm = ~around.glass & ~around.red_cells
    lobes = split_lobes(mask)
    nuclei = LobeGroups(
        lobes,
        cytoplasm,
        MOST_TO_RED_CELL * red_cell,
        LOBE_TO_RED_CELL * red_cell,
        _cut_lobes(lobes, part) if part else (),
    ).join()
    regions = flood_cells(stains, around, nuclei, diameter)

    markers = [nuclei == number for number in range(1, nuclei.max() + 1)]
    cells = [
        tidy_cell(regions == number, marker, diameter)
        for number, marker in enumerate(markers, start=1)
    ]
    return [
        (refine_nucleus(stains, marker, cell, diameter), cell)
        for marker, cell, large in zip(
            markers,
            cells,
            _large_enough(markers, cells, around, tiny),
            strict=True,
        )
        if large
    ]


def _cut_lobes(lobes: np.ndarray, part: Part) -> set[int]:
    """The lobes that hang together with what a part's window cuts."""
    pieces = label(lobes > 0)
    cut = np.isin(pieces, list(part.on_cuts(pieces)))
    return set(np.unique(lobes[cut]).tolist())


def _large_enough(
    markers: list, cells: list, around: Surroundings, tiny: float
) -> list[bool]:
    """Tell nuclei from platelets and deposits."""
    sizes = [equivalent_diameter(marker.sum()) for marker in markers]
    if around.red_cell_diameter:
        least = max(
            LEAST_TO_RED_CELL * around.red_cell_diameter,
            LEAST_TO_LARGEST * max(sizes),
        )
    else:
        least = LEAST_TO_LARGEST_ALONE * max(sizes)
    return [
        size >= max(least * (CUT if _is_cut(cell) else 1), tiny)
        for size, cell in zip(sizes, cells, strict=True)
    ]


def _is_cut(cell: np.ndarray) -> bool:
    return any(
        edge.any() for edge in (cell[0], cell[-1], cell[:, 0], cell[:, -1])
    )


def _largest_diameter(mask: np.ndarray) -> float:
    return equivalent_diameter(np.bincount(label(mask).ravel())[1:].max())


def _enlarged(mask: np.ndarray, image: np.ndarray) -> np.ndarray:
    size = image.shape[1::-1]
    return (
        cv2.resize(
            mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR
        )
        > 0.5
    )
