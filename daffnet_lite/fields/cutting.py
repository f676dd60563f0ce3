"""The cells of a field: where they are, and their pictures."""

from collections.abc import Callable, Sequence

import numpy as np

from daffnet_lite.boxes import GivenBox
from daffnet_lite.boxes.given_box import checked_sides
from daffnet_lite.cropping import crop_window, segment_cells
from daffnet_lite.errors import InputError

Box = tuple[int, int, int, int]

#: Space around a cell, as a share of its longer side, as cells are cropped.
MARGIN = 0.1


def find_boxes(
    image: np.ndarray,
    given: Sequence | None = None,
    check: Callable[[], None] | None = None,
) -> list[Box]:
    """Find the boxes of a field's white cells.

    Args:
        image (np.ndarray): The field, uint8 of shape (H, W, 3), BGR.
        given (Sequence, optional): The boxes if somebody else found them:
            those of :func:`~daffnet_lite.boxes.read_boxes`, or x1, y1, x2, y2
            in pixels. Defaults to None: they are segmented.
        check (Callable, optional): As for
            :func:`~daffnet_lite.cropping.segment_cells`. Defaults to None.

    Returns:
        list[Box]: x1, y1, x2, y2 in whole pixels within the field; in the
        order that they are given in, or largest nucleus first. Of boxes that
        are called something else than a white cell there is none.

    Raises:
        InputError: If a given box is none, or lies outside of the field.
    """
    if given is None:
        return [cell.box for cell in segment_cells(image, check=check)]
    return given_boxes(image.shape, given)


def given_boxes(shape: Sequence[int], given: Sequence) -> list[Box]:
    """Find given boxes in a field; see :func:`find_boxes`.

    Args:
        shape (Sequence[int]): Height and width of the field.
        given (Sequence): The boxes.
    """
    boxes = [_as_given(box, place) for place, box in enumerate(given)]
    return [box.in_pixels(shape) for box in boxes if box.is_white]


def _as_given(box: Sequence | GivenBox, place: int) -> GivenBox:
    if isinstance(box, GivenBox):
        return box
    where = f'box {place + 1}'
    try:
        x1, y1, x2, y2 = map(float, box)
    except (TypeError, ValueError) as e:
        raise InputError(
            f'{where} must be four numbers, x1, y1, x2 and y2'
        ) from e
    return GivenBox(checked_sides((x1, y1, x2, y2), where), where)


def cut_cell(
    image: np.ndarray, box: Sequence[int], margin: float = MARGIN
) -> np.ndarray:
    """Cut the square around a cell out of its field.

    Args:
        image (np.ndarray): The field, of shape (H, W, 3).
        box (Sequence[int]): The cell's.
        margin (float): As for :func:`~daffnet_lite.cropping.crop_window`.
            Defaults to 0.1.

    Returns:
        np.ndarray: The crop, a copy.
    """
    x1, y1, x2, y2 = crop_window(box, image.shape[:2], margin)
    return np.ascontiguousarray(image[y1:y2, x1:x2])
