"""From a cell's box to the part of the image that is cut out."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from daffnet_lite.errors import InputError


def check_margin(margin: float | None) -> None:
    """Refuse a margin that is no share of a cell; None is no margin.

    Raises:
        InputError: If it is below 0 or above 2.
    """
    if margin is not None and not 0 <= margin <= 2:
        raise InputError(
            f'the margin is {margin}, but must lie between 0 and '
            "2: it is a share of the cell's longer side"
        )


def crop_window(
    box: Sequence[int], shape: Sequence[int], margin: float = 0.1
) -> tuple[int, int, int, int]:
    """Find the square around a cell.

    Square, so that no later resizing deforms the cell or cuts it. Where the
    image ends, the square is moved inside; where the image is too small for
    it, it is cut and no longer square.

    Args:
        box (Sequence[int]): x1, y1, x2, y2 in pixels, x2 and y2 exclusive.
        shape (Sequence[int]): Height and width of the image.
        margin (float): What is added on each side, as a share of the box's
            longer side. Defaults to 0.1.

    Returns:
        tuple[int, int, int, int]: x1, y1, x2, y2 in pixels, within the image;
        x2 and y2 are exclusive.
    """
    x1, y1, x2, y2 = box
    side = round(max(x2 - x1, y2 - y1) * (1 + 2 * margin))
    left, right = _fit(x1, x2, side, shape[1])
    top, bottom = _fit(y1, y2, side, shape[0])
    return left, top, right, bottom


def cut_window(
    image: np.ndarray, box: Sequence[float], side: int
) -> np.ndarray:
    """Cut the square of a given side around the middle of a cell.

    All cells of a field that are cut like this are at one scale, whatever
    their size. Beyond the image, what is at its border is continued.

    Args:
        image (np.ndarray): The field, of shape (H, W, 3).
        box (Sequence[float]): The cell's x1, y1, x2, y2 in pixels, x2 and y2
            exclusive.
        side (int): The side in pixels.

    Returns:
        np.ndarray: The square, a copy of shape (side, side, 3).

    Raises:
        ValueError: If no pixel of the square lies in the image.
    """

    def read(x1: int, y1: int, x2: int, y2: int) -> np.ndarray:
        return image[y1:y2, x1:x2]

    return read_window(read, image.shape[:2], box, side)


def read_window(
    read: Callable[[int, int, int, int], np.ndarray],
    shape: Sequence[int],
    box: Sequence[float],
    side: int,
) -> np.ndarray:
    """Cut such a square out of what is read by parts.

    Args:
        read (Callable): Gives the part of the image from x1 and y1 to x2 and
            y2.
        shape (Sequence[int]): Height and width of the image.
        box (Sequence[float]): As for :func:`cut_window`.
        side (int): As there.

    Returns:
        np.ndarray: As there.

    Raises:
        ValueError: As there.
    """
    height, width = shape
    x1, y1, x2, y2 = box
    left, top = round((x1 + x2 - side) / 2), round((y1 + y2 - side) / 2)
    right, bottom = left + side, top + side
    inside = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise ValueError(
            f'the square of {side} pixels around box {tuple(box)} (x1, y1, '
            f'x2, y2) has no pixel in the image of {width} x {height}'
        )
    return cv2.copyMakeBorder(
        read(*inside),
        inside[1] - top,
        bottom - inside[3],
        inside[0] - left,
        right - inside[2],
        cv2.BORDER_REPLICATE,
    )


def box_iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes (x1, y1, x2, y2)."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (first, second))
    return width * height / (areas - width * height)


def match_boxes(
    wanted: Sequence[Sequence[float]], found: Sequence[Sequence[float]]
) -> dict[int, tuple[int, float]]:
    """Give each wanted box a found one of its own, the best pairs first.

    Args:
        wanted (Sequence): Boxes (x1, y1, x2, y2).
        found (Sequence): Boxes.

    Returns:
        dict[int, tuple[int, float]]: By the place of a wanted box that of the
        found one, and their intersection over union, which is above 0.
    """
    pairs = sorted(
        (
            (box_iou(w, f), i, j)
            for i, w in enumerate(wanted)
            for j, f in enumerate(found)
        ),
        reverse=True,
    )
    matched: dict[int, tuple[int, float]] = {}
    used = set()
    for iou, i, j in pairs:
        if i not in matched and j not in used and iou > 0:
            matched[i] = j, iou
            used.add(j)
    return matched


def _fit(start: int, stop: int, side: int, size: int) -> tuple[int, int]:
    side = min(side, size)
    first = (start + stop - side) // 2
    first = min(max(first, 0), size - side)
    return first, first + side
