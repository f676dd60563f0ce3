"""Cytoplasm: its colour, its texture and its vacuoles."""

import cv2
import numpy as np

from .cell import Cell
from .contours import discs, rim
from .slide import Slide
from .texture import texture

#: Concentrations of azure, methylene blue and eosin.
COLOURS = {
    'blue': (0.03, 0.62, 0.0),
    'light blue': (0.03, 0.13, 0.07),
    'purple blue': (0.23, 0.25, 0.03),
}


def paint_cytoplasm(slide: Slide, cell: Cell) -> None:
    """Paint ``cytoplasm_colour`` and ``cytoplasm_texture``."""
    rng, size = slide.rng, slide.size
    # Thinner towards the middle, where the Golgi zone is, than at the rim.
    inside = cv2.GaussianBlur(cell.mask, (0, 0), 0.25 * cell.radius)
    density = 1.2 - rng.uniform(0.15, 0.4) * inside
    density += 0.07 * texture('coarse', size, rng)
    density += 0.3 * rim(cell.mask, 0.015 * slide.scale)
    if slide.attributes['cytoplasm_texture'] == 'frosted':
        # Ground glass: fine grains, much denser and much thinner than the
        # mean, side by side, but never as clear as a vacuole.
        grains = 0.9 * texture('fine', size, rng)
        grains += 0.35 * texture('medium', size, rng)
        density *= np.maximum(1 + rng.uniform(0.33, 0.45) * grains, 0.3)
    colour = COLOURS[slide.attributes['cytoplasm_colour']]
    strength = rng.uniform(0.85, 1.15)
    slide.cover(cell.mask, [*(strength * c * density for c in colour), 0])


def paint_vacuoles(slide: Slide, cell: Cell, nucleus: np.ndarray) -> None:
    """Paint vacuoles: clear holes, most of them in the cytoplasm."""
    rng = slide.rng
    # Not so near the rim that they look like a part of the background.
    margin = 2 * round(0.1 * cell.radius) + 1
    inside = cv2.erode(cell.mask, np.ones((margin, margin), np.uint8))
    free = (inside > 0.99) & (nucleus < 0.4)
    places = np.flatnonzero(free)
    if not len(places):
        places = np.flatnonzero(cell.mask > 0.5)
    # Vacuoles gather in one part of the cell as often as not: prefer places
    # near one of them.
    number = int(rng.integers(6, 15))
    chosen = rng.choice(places, size=3 * number)
    y, x = np.divmod(chosen, slide.size)
    away = np.hypot(x - x[0], y - y[0])
    kept = np.argsort(away * rng.uniform(0.2, 1, size=len(away)))[:number]
    radii = rng.uniform(0.08, 0.15, size=number) * cell.radius
    # Those under the nucleus hardly show, and do not dent its outline.
    holes = discs(slide.size, x[kept], y[kept], radii) * (1 - 0.85 * nucleus)
    edge = cv2.GaussianBlur(holes, (0, 0), 0.012 * slide.scale)
    slide.stains *= (1 + 0.25 * edge) * (1 - 0.93 * holes)
