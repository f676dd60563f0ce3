"""The white cell's outline: size, shape and place."""

from dataclasses import dataclass

import numpy as np

from .contours import blob, fill, to_float
from .slide import Slide

#: Diameter of a disc of the cell's area, as a share of the image's width
#: before magnification. With a red cell at 0.24 (7.5 um), these are about
#: 11 to 14 um and 15 to 19 um.
DIAMETERS = {'small': (0.36, 0.45), 'big': (0.49, 0.60)}


@dataclass
class Cell:
    """Where the white cell lies.

    Args:
        x (float): Its centre, in pixels.
        y (float): Its centre, in pixels.
        radius (float): Radius of a disc of the same area, in pixels.
        outline (np.ndarray): Points around the origin, of shape (n, 2), in
            units of the radius.
        mask (np.ndarray): float32 in [0, 1], of shape (size, size).
    """

    x: float
    y: float
    radius: float
    outline: np.ndarray
    mask: np.ndarray

    def place(self, points: np.ndarray) -> np.ndarray:
        """Turn points in units of the cell's radius into pixels."""
        return points * self.radius + (self.x, self.y)


def draw_cell(slide: Slide) -> Cell:
    """Draw what ``cell_size`` and ``cell_shape`` ask for; paint nothing."""
    rng = slide.rng
    least, most = DIAMETERS[slide.attributes['cell_size']]
    radius = rng.uniform(least, most) * slide.scale / 2

    if slide.attributes['cell_shape'] == 'round':
        outline = blob(
            rng, rng.uniform(0, [0.015, 0.01, 0.008]), rng.uniform(1, 1.07)
        )
    else:
        # Waves for a body pressed out of shape by its neighbours, dents
        # turned outwards for its pseudopods.
        pseudopods = [
            (
                rng.uniform(0, 2 * np.pi),
                -rng.uniform(0.28, 0.48),
                rng.uniform(0.18, 0.36),
            )
            for _ in range(rng.integers(2, 5))
        ]
        outline = blob(
            rng,
            rng.uniform(
                [0.02, 0.04, 0.03, 0.03, 0.02, 0.02],
                [0.06, 0.08, 0.07, 0.05, 0.04, 0.03],
            ),
            rng.uniform(1.02, 1.25),
            pseudopods,
        )
    x, y = outline.T
    area = 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    outline *= np.sqrt(np.pi / area)

    centre = slide.size / 2 - 0.5
    drift = 0.06 * slide.size
    x, y = (centre + rng.uniform(-drift, drift, size=2)).tolist()
    canvas = np.zeros((slide.size, slide.size), dtype=np.uint8)
    cell = Cell(x, y, radius, outline, canvas)
    fill(canvas, cell.place(outline))
    cell.mask = to_float(canvas)
    return cell
