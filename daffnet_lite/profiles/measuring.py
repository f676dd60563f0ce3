"""What a picture of a cell tells of the laboratory that took it."""

from typing import Any, NamedTuple

import numpy as np

from daffnet_lite.cropping.morphology import (
    dilated,
    distance_outside,
    equivalent_diameter,
    filled,
    label,
    opened,
)
from daffnet_lite.cropping.overview import COARSE_SIDE, Overview
from daffnet_lite.cropping.stains import DARKEST
from daffnet_lite.cropping.surroundings import (
    MOST_TO_RED_CELL,
    Surroundings,
    describe,
)
from daffnet_lite.fileio.image_reading import read_image

from .red_cell_arcs import Arc, find_arcs

#: A red cell is no more than this many times as large as the largest nucleus.
MOST_TO_NUCLEUS = 2.0
#: More nucleus than this share in an arc's circle: a white cell's rim.
MOST_NUCLEUS = 0.02
#: Less stain than this share in it: the inside of a ring of cells.
LEAST_STAIN = 0.5
#: A reference is measured on at least this share of an image's pixels.
LEAST_SHARE = 0.01
#: Lymphocytes have little cytoplasm, and this share of it is enough.
LEAST_CYTOPLASM = 0.002
#: A lobe has at least this share of the largest one's area; less is no
#: nucleus.
LEAST_LOBE = 0.1
#: Cytoplasm is looked for so far from a nucleus's edge, relative to the
#: largest nucleus's diameter: not on its blurred edge, and not in the next
#: cell.
CYTOPLASM = 0.06, 0.25


class Reference(NamedTuple):
    """What every smear has: optical densities (B, G, R), camera included.

    Attributes:
        background (np.ndarray): Where nothing is on the slide.
        red_cells (np.ndarray): Of red cells.
        nuclei (np.ndarray): Of white cells' nuclei.
    """

    background: np.ndarray
    red_cells: np.ndarray
    nuclei: np.ndarray


class CytoplasmReference(NamedTuple):
    """White cells' cytoplasm between what it is seen against.

    Optical densities (B, G, R), camera included.

    Attributes:
        background (np.ndarray): Where nothing is on the slide.
        cytoplasm (np.ndarray): Around nuclei.
        nuclei (np.ndarray): Of white cells' nuclei.
    """

    background: np.ndarray
    cytoplasm: np.ndarray
    nuclei: np.ndarray


class Measurement(NamedTuple):
    """What one picture tells.

    Attributes:
        side (int): Its short edge in pixels.
        rims (list[tuple[float, float]]): Diameters in pixels of red cells by
            their rims, and how many degrees of each were seen.
        colours (Reference | None): None where one of the three is not to be
            seen.
        cytoplasm (CytoplasmReference | None): The same.
    """

    side: int
    rims: list[tuple[float, float]]
    colours: Reference | None
    cytoplasm: CytoplasmReference | None = None


def measure_file(
    source: Any,
    bit_depth: int | None = None,
    max_pixels: int | None = None,
    channel_order: str = 'bgr',
) -> Measurement:
    """Read a picture, no larger than needed, and measure it.

    Args:
        source: As for :func:`~daffnet_lite.fileio.image_reading.read_image`.
        bit_depth (int, optional): As there. Defaults to None.
        max_pixels (int, optional): As there. Defaults to None.
        channel_order (str): As there. Defaults to ``'bgr'``.

    Returns:
        Measurement: In pixels of the file.

    Raises:
        InputError: If it cannot be read.
    """
    decoded = read_image(
        source,
        COARSE_SIDE,
        bit_depth=bit_depth,
        max_pixels=max_pixels,
        channel_order=channel_order,
    )
    return measure(decoded.img, decoded.size[0] / decoded.img.shape[0])


def measure(image: np.ndarray, scale: float = 1.0) -> Measurement:
    """Measure the red cells and the colours of a picture.

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3), BGR.
        scale (float): How many pixels of the file are one of the image, along
            a side. Defaults to 1.

    Returns:
        Measurement: In pixels of the file.
    """
    side = round(min(image.shape[:2]) * scale)
    overview = Overview(image)
    nuclei = overview.nuclei
    if not nuclei.any():
        return Measurement(side, [], None)
    stains = overview.stains
    nucleus = equivalent_diameter(np.bincount(label(nuclei).ravel())[1:].max())
    around = describe(stains, nuclei, nucleus, sized=False)
    stained = opened(filled(around.stained | nuclei), 0.04 * nucleus)
    arcs = [
        arc
        for arc in find_arcs(stained, around.glass)
        if nucleus / MOST_TO_RED_CELL
        < 2 * arc.radius
        < MOST_TO_NUCLEUS * nucleus
    ]
    red = np.zeros(nuclei.shape, bool)
    rims = []
    for arc in arcs:
        disc = _disc(arc, nuclei.shape)
        if (
            nuclei[disc].mean() < MOST_NUCLEUS
            and stained[disc].mean() > LEAST_STAIN
        ):
            red |= disc
            rims.append((2 * arc.radius * overview.factor * scale, arc.span))
    # An edge is a mixture of two colours.
    red = (red | around.red_cells) & around.stained
    red &= ~dilated(nuclei, 0.15 * nucleus)
    light = np.log(255) - overview.glass.log_light(nuclei.shape)
    density = np.broadcast_to(light, (*nuclei.shape, 3)) + stains.density
    # A black pixel tells nothing but that it is black.
    density = np.minimum(density, np.log(255 / DARKEST))
    glass = _usual(density, around.glass)
    dark = _usual(density, ~dilated(~nuclei, 1))
    if glass is None or dark is None:
        return Measurement(side, rims, None)
    reds = _usual(density, red)
    pale = _usual(
        density, _cytoplasm(nuclei, around, nucleus), LEAST_CYTOPLASM
    )
    return Measurement(
        side,
        rims,
        None if reds is None else Reference(glass, reds, dark),
        None if pale is None else CytoplasmReference(glass, pale, dark),
    )


def _cytoplasm(
    nuclei: np.ndarray, around: Surroundings, diameter: float
) -> np.ndarray:
    """What lies close to nuclei and is neither glass nor a red cell."""
    parts = label(nuclei)
    area = np.bincount(parts.ravel())
    area[0] = 0
    # Around platelets there is none.
    reach = distance_outside((area >= LEAST_LOBE * area.max())[parts])
    least, most = CYTOPLASM
    return (
        (reach > max(1.5, least * diameter))
        & (reach < most * diameter)
        & ~around.glass
        & ~around.red_cells
    )


def _usual(
    density: np.ndarray, mask: np.ndarray, least: float = LEAST_SHARE
) -> np.ndarray | None:
    """The median where a mask is; None where it has too few pixels."""
    if mask.mean() < least:
        return None
    return np.median(density[mask], axis=0)


def _disc(arc: Arc, shape: tuple[int, ...]) -> np.ndarray:
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (x - arc.centre[0]) ** 2 + (y - arc.centre[1]) ** 2 < arc.radius**2
