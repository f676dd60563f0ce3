"""The size of red cells by the arcs of their rims.

A picture of one white cell shows few red cells whole, and in a tight one there
are only corners of some. An arc of a third of a circle still tells its radius.
"""

from typing import NamedTuple

import cv2
import numpy as np

#: An arc is at least this part of its circle, in degrees.
LEAST_SPAN = 75
#: An arc is nowhere farther from its circle than this share of the radius,
#: nor than so many pixels where that is more.
MOST_OFF, MOST_OFF_PIXELS = 0.07, 0.8
#: A rim of fewer pixels shows no curvature.
LEAST_POINTS = 12
#: Pixels along the border that say nothing: filters end there.
BORDER = 2


class Arc(NamedTuple):
    """A part of a red cell's rim.

    Attributes:
        centre (tuple[float, float]): x and y of the circle's.
        radius (float): In pixels.
        span (float): In degrees.
    """

    centre: tuple[float, float]
    radius: float
    span: float


def find_arcs(red: np.ndarray, glass: np.ndarray) -> list[Arc]:
    """Fit circles to the rims between red cells and glass.

    Args:
        red (np.ndarray): Where red cells are, with their pale middles filled;
            bool of shape (H, W).
        glass (np.ndarray): Where surely nothing is, bool of shape (H, W).

    Returns:
        list[Arc]: Those that are round, and curved as a disc is.
    """
    near_glass = cv2.dilate(glass.astype(np.uint8), np.ones((7, 7))) > 0
    usable = near_glass & _inner(red.shape)
    contours, _ = cv2.findContours(
        red.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    arcs = []
    for contour in contours:
        points = contour[:, 0]
        for run in _runs(usable[points[:, 1], points[:, 0]]):
            arcs += _arcs(points[run].astype(np.float64))
    return arcs


def _inner(shape: tuple[int, ...]) -> np.ndarray:
    inner = np.zeros(shape, bool)
    inner[BORDER:-BORDER, BORDER:-BORDER] = True
    return inner


def _runs(usable: np.ndarray) -> list[np.ndarray]:
    """The indices of each unbroken run along a closed contour."""
    if usable.all():
        return [np.arange(len(usable))]
    # Begin where the contour is broken, so that no run goes over its end.
    order = np.roll(np.arange(len(usable)), -int(np.argmin(usable)))
    edges = np.flatnonzero(np.diff(usable[order].astype(np.int8)))
    return [
        piece
        for piece in np.split(order, edges + 1)
        if usable[piece[0]] and len(piece) >= LEAST_POINTS
    ]


def _arcs(points: np.ndarray) -> list[Arc]:
    """Split a run until every piece is an arc, or too short for one."""
    if len(points) < LEAST_POINTS:
        return []
    centre, radius = _circle(points)
    offsets = np.hypot(*(points - centre).T) - radius
    worst = np.abs(offsets).max()
    if worst > max(MOST_OFF * radius, MOST_OFF_PIXELS):
        # Where two cells touch, the contour turns inwards most.
        middle = _notch(points)
        return _arcs(points[:middle]) + _arcs(points[middle:])
    span = _span(points, centre)
    if span < LEAST_SPAN:
        return []
    # The contour's pixels are the outermost of the cell.
    return [Arc((float(centre[0]), float(centre[1])), radius + 0.5, span)]


def _notch(points: np.ndarray) -> int:
    """Where to split: at the deepest notch, else in the middle."""
    step = max(3, len(points) // 12)
    before = points[step:-step] - points[: -2 * step]
    after = points[2 * step :] - points[step:-step]
    turn = np.arctan2(
        before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0],
        (before * after).sum(axis=1),
    )
    if not turn.size:
        return len(points) // 2
    # OpenCV goes around the outside so that a disc turns one way throughout.
    against = turn * _SENSE
    deepest = int(np.argmin(against))
    if against[deepest] > -0.3:
        return len(points) // 2
    return deepest + step


def _circle(points: np.ndarray) -> tuple[np.ndarray, float]:
    """The circle of least squares (Kåsa, 1976)."""
    middle = points.mean(axis=0)
    moved = points - middle
    system = np.column_stack([2 * moved, np.ones(len(moved))])
    found, *_ = np.linalg.lstsq(system, (moved**2).sum(axis=1), rcond=None)
    radius = np.sqrt(max(found[2] + found[0] ** 2 + found[1] ** 2, 0.0))
    return middle + found[:2], float(radius)


def _span(points: np.ndarray, centre: np.ndarray) -> float:
    """The angle that the points go around, below 0 the wrong way."""
    angles = np.unwrap(np.arctan2(*(points - centre).T[::-1]))
    return float(np.degrees(angles[-1] - angles[0])) * _SENSE


#: The way in which OpenCV goes around the outside of a region, with y down.
_SENSE = -1
