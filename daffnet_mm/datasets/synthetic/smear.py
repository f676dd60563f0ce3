"""What surrounds the white cell: red cells, platelets and stain deposits."""

import math

import cv2
import numpy as np

from .cell import Cell
from .contours import blob, discs, fill, fill_ellipse, to_float
from .laboratories import AZURE, EOSIN, HAEMOGLOBIN
from .slide import Slide
from .texture import texture

#: Diameter of a red cell as a share of the image's width (7.5 um).
RED_CELL_DIAMETER = 0.24


def paint_red_cells(slide: Slide, cell: Cell) -> None:
    """Paint red cells around the white one, from nearly none to crowded."""
    rng, size = slide.rng, slide.size
    radius = RED_CELL_DIAMETER / 2 * slide.scale * rng.uniform(0.92, 1.08)
    wanted = int(rng.integers(0, 26))
    # Two red cells may overlap by this share of their distance.
    overlap = rng.uniform(0.55, 1.0)
    # Thick parts of a smear have hardly any central pallor.
    pallor_strength = rng.uniform(0.35, 1.0)
    crenated = rng.random() < 0.1

    bodies = [np.zeros((size, size), dtype=np.uint8) for _ in range(2)]
    places = rng.uniform(-radius, size + radius, size=(3 * wanted, 2))
    traits = rng.uniform(size=(3 * wanted, 5))
    taken: list[tuple[float, float, float]] = []
    hollows = []
    for (x, y), (bulk, stretch, turn, fullness, hollow) in zip(
        places.tolist(), traits.tolist(), strict=True
    ):
        own = radius * (0.88 + 0.24 * bulk)
        if math.hypot(x - cell.x, y - cell.y) < 0.9 * (cell.radius + own):
            continue
        if any(
            math.hypot(x - other_x, y - other_y) < overlap * (own + other)
            for other_x, other_y, other in taken
        ):
            continue
        # Neighbours take turns on two sheets, so that those which overlap
        # add up and look darker there.
        body = bodies[len(taken) % 2]
        taken.append((x, y, own))
        hollows.append(own * (0.4 + 0.25 * hollow))
        value = int(190 + 65 * fullness)
        if crenated:
            waves = [0.01] * 8 + [0.05]
            fill(body, blob(rng, waves) * own + (x, y), value)
        else:
            axes = (own, own * (1 - 0.25 * stretch**2))
            fill_ellipse(body, (x, y), axes, 180 * turn, value)
        if len(taken) == wanted:
            break
    if not taken:
        return

    thickness = to_float(bodies[0]) + to_float(bodies[1])
    x, y, _ = np.array(taken).T
    hollow = discs(size, x, y, np.array(hollows))
    hollow = cv2.GaussianBlur(hollow, (0, 0), 0.25 * radius)
    thickness *= 1 - pallor_strength * hollow
    thickness = cv2.GaussianBlur(thickness, (0, 0), 0.06 * radius)
    thickness *= 1 + 0.06 * texture('coarse', size, rng)
    slide.stains[HAEMOGLOBIN] += thickness


def paint_platelets(slide: Slide, cell: Cell) -> None:
    """Paint a few platelets, and the deposits of a badly filtered stain."""
    rng, size = slide.rng, slide.size
    canvas = np.zeros((size, size), dtype=np.uint8)
    for _ in range(rng.poisson(1.2)):
        x, y = rng.uniform(0, size, size=2).tolist()
        if math.hypot(x - cell.x, y - cell.y) < 1.15 * cell.radius:
            continue
        radius = rng.uniform(0.018, 0.04) * slide.scale
        fill(
            canvas,
            blob(rng, (0.15, 0.1), rng.uniform(1, 1.5)) * radius + (x, y),
            int(rng.integers(90, 190)),
        )
    platelets = to_float(canvas)
    platelets *= 1 + 0.35 * texture('medium', size, rng)
    slide.stains[AZURE] += platelets
    slide.stains[EOSIN] += 0.3 * platelets

    if rng.random() < 0.15:
        number = int(rng.integers(2, 12))
        x, y = rng.uniform(0, size, size=(2, number))
        radii = rng.uniform(0.003, 0.007, size=number) * slide.scale
        slide.stains[AZURE] += 0.7 * discs(size, x, y, radii)
