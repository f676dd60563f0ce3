"""The cells of a field: where they are, and their pictures."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from daffnet_lite.boxes import GivenBox
from daffnet_lite.boxes.given_box import checked_sides
from daffnet_lite.cropping import crop_window, segment_cells
from daffnet_lite.cropping.boxes import read_window
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.tiff_windows import TiffWindows
from daffnet_lite.preparation.folder_job import written
from daffnet_lite.profiles import measure
from daffnet_lite.profiles.estimating import spread_out
from daffnet_lite.profiles.measuring import Measurement

Box = tuple[int, int, int, int]

#: Space around a cell, as a share of its longer side, as cells are cropped.
MARGIN = 0.1
#: The same of what red cells are measured in: a cell's neighbours.
LOOKED_AT = 1.0


class Cut(NamedTuple):
    """How cells are cut out of their fields.

    Attributes:
        margin (float): As for :func:`cut_cell`.
        side (int | None): As there.
        remarks (tuple[str, ...]): What is to be said of it.
    """

    margin: float = MARGIN
    side: int | None = None
    remarks: tuple[str, ...] = ()


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
    field: np.ndarray | TiffWindows,
    box: Sequence[int],
    margin: float = MARGIN,
    side: int | None = None,
) -> np.ndarray:
    """Cut the square around a cell out of its field.

    Args:
        field (np.ndarray | TiffWindows): The field, of shape (H, W, 3), or a
            slide.
        box (Sequence[int]): The cell's.
        margin (float): As for :func:`~daffnet_lite.cropping.crop_window`.
            Defaults to 0.1.
        side (int, optional): Side in pixels of the square, see
            :func:`~daffnet_lite.cropping.cut_window`; never less than the
            cell with the margin. Defaults to None: as the margin says.

    Returns:
        np.ndarray: The crop, a copy.
    """
    shape = field.shape[:2]
    read = field.read if isinstance(field, TiffWindows) else _part_of(field)
    if side is None:
        window = crop_window(box, shape, margin)
        return read(*window)
    longer = max(box[2] - box[0], box[3] - box[1])
    side = max(side, round(longer * (1 + 2 * margin)))
    return read_window(read, shape, box, side)


def crop_path(stem: Path, number: int) -> Path:
    """Where the crop of a field's cell lies, by its place."""
    return stem.with_name(f'{stem.name}_{number}.png')


def write_crops(
    field: np.ndarray | TiffWindows,
    boxes: Sequence[Box],
    cut: Cut,
    stem: Path,
) -> list[str]:
    """Cut the cells of a field, and write each as soon as it is cut.

    Args:
        field (np.ndarray | TiffWindows): As for :func:`cut_cell`.
        boxes (Sequence[Box]): The cells'.
        cut (Cut): How they are cut.
        stem (Path): Where they go, see :func:`crop_path`.

    Returns:
        list[str]: The files.

    Raises:
        OSError: If a name is too long.
        InputError: If a file cannot be written for another reason.
    """
    paths = []
    for number, box in enumerate(boxes):
        crop = cut_cell(field, box, cut.margin, cut.side)
        paths.append(str(crop_path(stem, number)))
        with written(Path(paths[-1])) as file:
            file.write(cv2.imencode('.png', crop)[1].tobytes())
    return paths


def choose_cells(
    boxes: Mapping[str, Sequence[Box]], most: int
) -> dict[str, list[Box]]:
    """Choose cells to look around, evenly from the first to the last.

    Args:
        boxes (Mapping[str, Sequence[Box]]): The cells of each field.
        most (int): So many are chosen at most.

    Returns:
        dict[str, list[Box]]: Those of the fields that have some.
    """
    cells = [(field, box) for field in boxes for box in boxes[field]]
    chosen: dict[str, list[Box]] = {}
    for place in spread_out(len(cells), most):
        field, box = cells[place]
        chosen.setdefault(field, []).append(box)
    return chosen


def look_around(
    field: np.ndarray | TiffWindows, box: Sequence[int]
) -> Measurement:
    """Measure what is around a cell, for its laboratory's profile.

    Args:
        field (np.ndarray | TiffWindows): As for :func:`cut_cell`.
        box (Sequence[int]): As there.

    Returns:
        Measurement: Of the square with three times the cell's side.
    """
    return measure(cut_cell(field, box, LOOKED_AT))


def look_around_some(
    boxes: Mapping[str, Sequence[Box]],
    read: Callable[[str], np.ndarray | TiffWindows],
    most: int,
) -> list[Measurement]:
    """Measure what is around some of the cells of fields.

    Args:
        boxes (Mapping[str, Sequence[Box]]): The cells of each field.
        read (Callable): Reads a field, or opens a slide, by its name.
        most (int): So many cells are enough.

    Returns:
        list[Measurement]: Those of these cells.
    """
    return [
        look_around(field, box)
        for name, chosen in choose_cells(boxes, most).items()
        for field in [read(name)]
        for box in chosen
    ]


def _part_of(image: np.ndarray) -> Callable[..., np.ndarray]:
    def read(x1: int, y1: int, x2: int, y2: int) -> np.ndarray:
        # A copy, for a view would keep the whole field in the memory.
        return image[y1:y2, x1:x2].copy()

    return read
