"""Painted smears, whose red cells' size and colours are known."""

import cv2
import numpy as np

#: Optical densities (B, G, R): background, red cells, nuclei.
COLOURS = np.array([(0.24, 0.12, 0.02), (0.42, 0.42, 0.22), (0.6, 1.9, 1.1)])


def smear(
    seed, red_cell=70, side=360, colours=COLOURS, red_cells=14, depth=None
):
    """Draw one white cell among red ones, uint8 BGR.

    Red cells overlap, and the border cuts some; no two are quite alike. With
    a depth, the nucleus lies in cytoplasm that has this share of its stain.
    """
    rng = np.random.default_rng(seed)
    kind = np.zeros((side, side), np.uint8)
    middle = np.array([side / 2, side / 2])
    for _ in range(red_cells):
        centre = rng.uniform(0, side, 2)
        if np.linalg.norm(centre - middle) < 1.45 * red_cell:
            continue
        radius = red_cell / 2 * rng.normal(1, 0.05)
        draw(kind, centre, radius, 1)
    background, _, nuclei = colours = np.asarray(colours)
    if depth is not None:
        draw(kind, middle, 0.65 * red_cell, 3)
        pale = background + depth * (nuclei - background)
        colours = np.vstack([colours, pale])
    draw(kind, middle, 0.45 * red_cell, 2)
    density = colours[kind]
    density = cv2.GaussianBlur(density, (0, 0), 1)
    density += rng.normal(0, 0.01, density.shape)
    return np.rint(255 * np.exp(-density)).clip(0, 255).astype(np.uint8)


def draw(kind, centre, radius, value):
    """Draw a disc, with a radius in parts of a pixel."""
    y, x = np.ogrid[: kind.shape[0], : kind.shape[1]]
    kind[(x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2] = value
