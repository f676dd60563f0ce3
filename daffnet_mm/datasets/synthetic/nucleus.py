"""The nucleus: six shapes, its share of the cell, and its chromatin."""

import itertools

import cv2
import numpy as np

from .cell import Cell
from .contours import blob, enclosed_area, fill, ribbon, rim, to_float, turned
from .slide import Slide
from .texture import texture

#: Share of the cell's area that the nucleus takes.
AREA_SHARES = {'low': (0.26, 0.43), 'high': (0.54, 0.66)}


def _round(rng, plump):
    return [blob(rng, rng.uniform(0, [0.02, 0.02]), rng.uniform(1, 1.12))]


def _indented(rng, plump):
    depth = rng.uniform(0.55, 0.75)
    notch = (rng.uniform(0, 2 * np.pi), depth, rng.uniform(0.32, 0.46))
    return [
        blob(rng, rng.uniform(0, [0.03, 0.03]), rng.uniform(1, 1.2), [notch])
    ]


def _irregular(rng, plump):
    # Many folds of unlike depth, and no one notch that stands out.
    angles = rng.uniform(0, 2 * np.pi) + np.arange(4) * np.pi / 2
    notches = [
        (
            angle + rng.uniform(-0.3, 0.3),
            rng.uniform(0.22, 0.42),
            rng.uniform(0.13, 0.2),
        )
        for angle in angles.tolist()
    ]
    waves = rng.uniform(
        [0.03, 0.06, 0.06, 0.05, 0.03], [0.10, 0.12, 0.11, 0.09, 0.06]
    )
    return [blob(rng, waves, rng.uniform(1, 1.2), notches)]


def _arc(rng, radius, span, points):
    """A centre line bent like a C, or now and then like an S."""
    angles = np.linspace(-span / 2, span / 2, points)
    path = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if rng.random() < 0.2:
        path[angles > 0, 0] = 2 * radius - path[angles > 0, 0]
    return path


def _band(rng, plump):
    span = rng.uniform(2.6, 4.3)
    path = _arc(rng, 0.5, span, 28)
    along = np.linspace(-1, 1, 28)
    width = rng.uniform(0.17, 0.21) * plump
    # Knobs at both ends and uneven edges, but no waist thins to a thread.
    width = width * (1 + rng.uniform(0, 0.4) * np.abs(along) ** 2)
    beat, phase = rng.uniform(4, 9), rng.uniform(0, 2 * np.pi)
    width *= 1 + rng.uniform(0.03, 0.16) * np.cos(beat * along + phase)
    ends = 1.0 - np.abs(along) ** 8
    return [ribbon(path, width * np.sqrt(np.maximum(ends, 0)) + 1e-3)]


def _segmented(rng, plump, lobes, gap, sizes):
    angles = np.cumsum(rng.uniform(*gap, size=lobes))
    ring = rng.uniform(0.42, 0.54, size=lobes)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    centres = ring[:, None] * around
    outlines = []
    for centre, angle in zip(centres, angles, strict=True):
        body = blob(rng, (0.03, 0.04)) * rng.uniform(*sizes) * plump
        # Lobes lie lengthwise along the ring they sit on.
        body = turned(body, -angle) * (0.88, 1.14)
        outlines.append(turned(body, angle) + centre)
    for first, second in itertools.pairwise(centres):
        bow = (first + second) * rng.uniform(0.5, 0.62)
        thread = np.stack([first, bow, second])
        outlines.append(ribbon(thread, [rng.uniform(0.03, 0.07)] * 3))
    return outlines


def _bilobed(rng, plump):
    return _segmented(rng, plump, 2, (1.9, 2.8), (0.33, 0.42))


def _multilobed(rng, plump):
    lobes = int(rng.choice((3, 4, 5), p=(0.55, 0.33, 0.12)))
    gap = {3: (1.5, 1.85), 4: (1.2, 1.5), 5: (0.95, 1.2)}[lobes]
    size = {3: (0.25, 0.31), 4: (0.22, 0.28), 5: (0.19, 0.24)}[lobes]
    return _segmented(rng, plump, lobes, gap, size)


SHAPES = {
    'irregular': _irregular,
    'segmented-bilobed': _bilobed,
    'segmented-multilobed': _multilobed,
    'unsegmented-band': _band,
    'unsegmented-indented': _indented,
    'unsegmented-round': _round,
}


def draw_nucleus(slide: Slide, cell: Cell) -> np.ndarray:
    """Draw what ``nucleus_shape`` and ``nuclear_cytoplasmic_ratio`` ask for.

    Nothing is painted yet; the nucleus, inside the cell, is float32 in [0, 1]
    of shape (size, size).
    """
    rng = slide.rng
    ratio = slide.attributes['nuclear_cytoplasmic_ratio']
    # A band or lobes can only fill most of a cell when they are thick.
    plump = 1.5 if ratio == 'high' else 1.0
    outlines = SHAPES[slide.attributes['nucleus_shape']](rng, plump)
    turn = rng.uniform(0, 2 * np.pi)
    outlines = [turned(outline, turn) for outline in outlines]
    (x, y), _ = cv2.minEnclosingCircle(
        np.concatenate(outlines).astype(np.float32)
    )
    outlines = [outline - (x, y) for outline in outlines]

    share = rng.uniform(*AREA_SHARES[ratio])
    scale = np.sqrt(share * np.pi / enclosed_area(outlines))
    reach = scale * np.linalg.norm(np.concatenate(outlines), axis=1).max()
    # Off centre as far as there is room: cut by an irregular cell's edge,
    # a round nucleus would look indented.
    room = 0.95 * np.linalg.norm(cell.outline, axis=1).min()
    angle = rng.uniform(0, 2 * np.pi)
    off = rng.uniform(0.3, 1) * max(room - reach, 0)
    shift = off * np.array([np.cos(angle), np.sin(angle)])

    nucleus = np.zeros((slide.size, slide.size), dtype=np.uint8)
    for outline in outlines:
        fill(nucleus, cell.place(outline * scale + shift))
    limit = np.zeros_like(nucleus)
    fill(limit, cell.place(cell.outline * 0.96))
    return to_float(np.minimum(nucleus, limit))


def paint_nucleus(slide: Slide, nucleus: np.ndarray) -> None:
    """Paint the nucleus with its ``chromatin_density``."""
    rng, size = slide.rng, slide.size
    if slide.attributes['chromatin_density'] == 'densely':
        # Smudged clumps with few clear spots.
        density = 1.0 - 0.13 * np.maximum(texture('medium', size, rng), -1)
        density += 0.07 * texture('coarse', size, rng)
        depth = rng.uniform(0.92, 1.12)
    else:
        # A lace of fine strands that lets the light through.
        density = 0.66 + 0.17 * texture('medium', size, rng)
        density += 0.06 * texture('coarse', size, rng)
        depth = rng.uniform(0.88, 1.1)
    edge = rim(nucleus, 0.015 * slide.scale)
    density = depth * (np.maximum(density, 0.2) + 0.4 * edge)
    slide.cover(nucleus, (density, 0.12 * density, 0, 0))
