from collections.abc import Callable, Sequence
from os import PathLike, fspath
from typing import Any, NamedTuple

import numpy as np

from daffnet_lite.answers import Inferencer
from daffnet_lite.cropping.boxes import check_margin
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.fileio.tiff_windows import open_windows

from .cutting import MARGIN, Box, cut_cell, find_boxes
from .field_result import FieldCell, FieldResult
from .slides import cut_cells_of_slide, find_boxes_of_slide


def predict_field(
    inferencer: Inferencer,
    image: Any,
    boxes: Sequence | None = None,
    margin: float = MARGIN,
    batch_size: int = 32,
    bit_depth: int | None = None,
    max_pixels: int | None = None,
    channel_order: str = 'bgr',
) -> FieldResult:
    """Find the white cells of a field, and tell the type of each.

    Args:
        inferencer (Inferencer): The classifier, on whatever it runs.
        image: The field: a path, bytes, an open file, a Pillow image, or an
            array, as for
            :func:`~daffnet_lite.fileio.image_reading.read_image`. A large
            TIFF of tiles, such as ``.svs``, is read by windows.
        boxes (Sequence, optional): The cells' boxes if a detector has found
            them: x1, y1, x2, y2 in pixels, or a field's of
            :func:`~daffnet_lite.boxes.read_boxes`. Defaults to None: they are
            segmented, see :func:`~daffnet_lite.cropping.segment_cells`.
        margin (float): Space around a cell, as a share of its longer side.
            Defaults to 0.1.
        batch_size (int): Cells at once. Defaults to 32.
        bit_depth (int, optional): Bits that values of more than 8 bits use.
            Defaults to None: 16.
        max_pixels (int, optional): The most pixels of a field. Defaults to
            None: 80 million.
        channel_order (str): Of an array with colours: ``'bgr'`` or ``'rgb'``.
            Defaults to ``'bgr'``.

    Returns:
        FieldResult: The cells, which may be none.

    Raises:
        InputError: If the field cannot be read, a box is none of it, or the
            margin is no share.
    """
    check_margin(margin)
    is_path = isinstance(image, (str, PathLike))
    slide = open_windows(image) if is_path else None
    if slide is not None:
        with slide:
            places = find_boxes_of_slide(slide, boxes)
            crops = list(cut_cells_of_slide(slide, places, margin))
            found = FoundCells(slide.shape, places, crops)
    else:
        img, _, remarks = read_image(
            image,
            bit_depth=bit_depth,
            max_pixels=max_pixels,
            channel_order=channel_order,
        )
        found = find_cells(img, boxes, margin, remarks)
    answers, warnings = classify(inferencer, found.crops, batch_size)
    return found.result(
        fspath(image) if is_path else None,
        inferencer.classes,
        answers,
        warnings,
    )


class FoundCells(NamedTuple):
    """The cells of a field before they are classified.

    Attributes:
        shape (tuple[int, int]): Height and width of the field.
        boxes (Sequence[Box]): Those of the cells.
        crops (list[np.ndarray]): Their pictures.
        remarks (tuple[str, ...]): What is to be said of the field.
    """

    shape: tuple[int, int]
    boxes: Sequence[Box]
    crops: list[np.ndarray]
    remarks: tuple[str, ...] = ()

    def result(
        self,
        field: str | None,
        classes: Sequence[str],
        answers: Sequence[dict | str],
        warnings: Sequence[str] = (),
    ) -> FieldResult:
        """Give the cells their answers.

        Args:
            field (str, optional): The field's path or name.
            classes (Sequence[str]): The cell types.
            answers (Sequence[dict | str]): Those of :func:`classify`.
            warnings (Sequence[str]): What else is to be said. Defaults to
                nothing.

        Returns:
            FieldResult: The field.
        """
        cells, errors = pair(self.boxes, answers)
        return FieldResult(
            field,
            self.shape,
            tuple(classes),
            cells,
            errors,
            (*self.remarks, *warnings),
        )


def find_cells(
    img: np.ndarray,
    boxes: Sequence | None = None,
    margin: float = MARGIN,
    remarks: tuple[str, ...] = (),
    check: Callable[[], None] | None = None,
) -> FoundCells:
    """Find the cells of a field that is read, and cut them.

    Args:
        img (np.ndarray): The field, uint8 of shape (H, W, 3), BGR.
        boxes (Sequence, optional): As for :func:`predict_field`.
        margin (float): As there.
        remarks (tuple[str, ...]): What is to be said of it. Defaults to
            nothing.
        check (Callable, optional): As for
            :func:`~daffnet_lite.cropping.segment_cells`. Defaults to None.

    Returns:
        FoundCells: The cells.

    Raises:
        InputError: If a box is none of it, or the margin is no share.
    """
    check_margin(margin)
    places = find_boxes(img, boxes, check)
    crops = [cut_cell(img, box, margin) for box in places]
    return FoundCells(img.shape[:2], places, crops, remarks)


def classify(
    inferencer: Inferencer, crops: list, batch_size: int
) -> tuple[list[dict | str], list[str]]:
    """Classify crops, which may be none.

    Args:
        inferencer (Inferencer): The classifier.
        crops (list): Arrays or paths.
        batch_size (int): Crops at once.

    Returns:
        tuple[list, list]: For each crop the answer, or why there is none; and
        what is to be said of them.
    """
    if not crops:
        return [], []
    answered = iter(
        list(inferencer.stream(crops, batch_size, skip_broken=True))
    )
    errors = inferencer.errors
    answers: list[dict | str] = [
        errors[place] if place in errors else next(answered)
        for place in range(len(crops))
    ]
    return answers, list(inferencer.warnings)


def pair(
    boxes: Sequence[Box], answers: Sequence[dict | str]
) -> tuple[tuple[FieldCell, ...], tuple[str, ...]]:
    """Give each box its answer.

    Returns:
        tuple[tuple, tuple]: The cells, and a sentence for each box that has
        no answer.
    """
    cells, errors = [], []
    for box, answer in zip(boxes, answers, strict=True):
        if isinstance(answer, str):
            errors.append(f'the cell at {box} has no answer: {answer}')
        else:
            cells.append(FieldCell(box, dict(answer, image=None)))
    return tuple(cells), tuple(errors)
