"""Closed outlines in the unit circle, and how they become masks."""

from collections.abc import Sequence

import cv2
import numpy as np

_ANGLES = np.linspace(0, 2 * np.pi, 64, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
# Fractional bits of the coordinates that OpenCV draws with.
_SHIFT = 4


def blob(
    rng: np.random.Generator,
    waves: Sequence[float] | np.ndarray = (),
    aspect: float = 1.0,
    notches: Sequence[tuple] = (),
) -> np.ndarray:
    """Draw a closed outline around the origin.

    Args:
        rng (np.random.Generator): Decides the waves' phases and the turn.
        waves (Sequence[float]): Amplitudes of the waves with 2, 3, ... crests
            around the outline, relative to the radius.
        aspect (float): Length over width.
        notches (Sequence[tuple]): (angle, depth, width) of each dent, in
            radians and relative to the radius.

    Returns:
        np.ndarray: Points of shape (64, 2), at a mean distance of about 1.
    """
    radius = np.ones_like(_ANGLES)
    for number, amplitude in enumerate(waves, start=2):
        phase = rng.uniform(0, 2 * np.pi)
        radius += amplitude * np.cos(number * _ANGLES + phase)
    for angle, depth, width in notches:
        away = (_ANGLES - angle + np.pi) % (2 * np.pi) - np.pi
        radius -= depth * np.exp(-0.5 * (away / width) ** 2)
    points = _CIRCLE * np.maximum(radius, 0.1)[:, None]
    points[:, 0] *= np.sqrt(aspect)
    points[:, 1] /= np.sqrt(aspect)
    return turned(points, rng.uniform(0, 2 * np.pi))


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    """Turn points, of shape (n, 2), about the origin by radians."""
    sine, cosine = np.sin(angle), np.cos(angle)
    return points @ np.array([[cosine, sine], [-sine, cosine]])


def ribbon(path: np.ndarray, width: Sequence[float]) -> np.ndarray:
    """Outline a ribbon along a path of n points, given its half widths."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    across *= np.asarray(width)[:, None]
    return np.concatenate([path + across, (path - across)[::-1]])


def enclosed_area(outlines: Sequence[np.ndarray]) -> float:
    """Measure the area of a union of outlines by drawing it small.

    Their points, of shape (n, 2), lie within 2.5 of the origin.
    """
    scale = 24
    canvas = np.zeros((120, 120), dtype=np.uint8)
    for outline in outlines:
        points = np.rint(outline * scale + 60).astype(np.int32)
        cv2.fillPoly(canvas, [points], 255)
    return cv2.countNonZero(canvas) / scale**2


def fill(canvas: np.ndarray, outline: np.ndarray, value: int = 255) -> None:
    """Fill an outline, points (x, y) in pixels, with smooth edges."""
    points = np.rint(outline * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(canvas, [points], value, cv2.LINE_AA, _SHIFT)


def fill_ellipse(
    canvas: np.ndarray,
    centre: tuple[float, float],
    axes: tuple[float, float],
    degrees: float,
    value: int = 255,
) -> None:
    """Fill an ellipse with smooth edges: centre and half axes in pixels.

    The form of ``cv2.ellipse`` that takes fractions of pixels as such is the
    second that OpenCV tries, and a signal that comes while it finds out that
    the first does not fit ends the process (a segmentation fault, 5.0.0).
    """
    # As that form rounds them, to OpenCV's finest fractions.
    box = np.array([*centre, 2 * axes[0], 2 * axes[1]], np.float32)
    x, y, width, height = np.rint(
        box.astype(float) * (2**16, 2**16, 2**15, 2**15)
    )
    cv2.ellipse(
        canvas,
        (int(x), int(y)),
        (int(width), int(height)),
        float(np.rint(np.float32(degrees))),
        0,
        360,
        value,
        cv2.FILLED,
        cv2.LINE_AA,
        16,
    )


def discs(
    size: int,
    x: np.ndarray,
    y: np.ndarray,
    radius: np.ndarray,
    height: float | np.ndarray = 1.0,
) -> np.ndarray:
    """Draw small discs with soft edges; where they overlap the higher shows.

    OpenCV draws a circle of two or three pixels as a diamond.

    Args:
        size (int): Height and width of the picture.
        x (np.ndarray): Centres in pixels, of shape (n, ).
        y (np.ndarray): Centres in pixels, of shape (n, ).
        radius (np.ndarray): Radii in pixels, of shape (n, ).
        height (float | np.ndarray): Value at the centres. Defaults to 1.

    Returns:
        np.ndarray: float32 of shape (size, size).
    """
    if not len(x):
        return np.zeros((size, size), dtype=np.float32)
    # Draw on a canvas with a margin that every disc near the edge fits in.
    reach = int(np.ceil(radius.max())) + 1
    step = np.arange(-reach, reach + 1)
    width = size + 2 * reach
    inside = (x > -0.5) & (x < size - 0.5) & (y > -0.5) & (y < size - 0.5)
    x, y, radius = x[inside], y[inside], radius[inside]
    height = np.broadcast_to(height, inside.shape)[inside]
    column, row = np.rint(x).astype(int), np.rint(y).astype(int)
    across = (column - x)[:, None] + step
    down = (row - y)[:, None] + step
    distance = np.sqrt(across[:, None, :] ** 2 + down[:, :, None] ** 2)
    value = np.clip(radius[:, None, None] + 0.5 - distance, 0, 1)
    value = (value * height[:, None, None]).astype(np.float32)
    place = ((row + reach)[:, None] + step)[:, :, None] * width
    place = place + ((column + reach)[:, None] + step)[:, None, :]
    canvas = np.zeros(width * width, dtype=np.float32)
    np.maximum.at(canvas, place.ravel(), value.ravel())
    return canvas.reshape(width, width)[reach:-reach, reach:-reach]


def to_float(mask: np.ndarray) -> np.ndarray:
    """Turn a uint8 mask into float32 between 0 and 1."""
    return mask.astype(np.float32) * np.float32(1 / 255)


def rim(mask: np.ndarray, width: float) -> np.ndarray:
    """Find the inner edge of a mask, where a membrane is seen edge on.

    It is about 0.5 just inside the mask's edge, falls off to 0 with ``width``
    as standard deviation in pixels, and is negative outside.
    """
    return mask - cv2.GaussianBlur(mask, (0, 0), width)
