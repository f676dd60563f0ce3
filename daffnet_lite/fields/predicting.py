from collections.abc import Callable, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from daffnet_lite.answers import Inferencer
from daffnet_lite.cropping.boxes import check_margin
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.fileio.tiff_windows import TiffWindows, open_windows
from daffnet_lite.intake.laboratory_pipeline import SAMPLE
from daffnet_lite.profiles.measuring import Measurement

from .cutting import (
    Box,
    Cut,
    cut_cell,
    find_boxes,
    look_around_some,
    write_crops,
)
from .field_result import FieldCell, FieldResult
from .slides import find_boxes_of_slide


def predict_field(
    inferencer: Inferencer,
    image: Any,
    boxes: Sequence | None = None,
    margin: float | None = None,
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
        margin (float, optional): Space around a cell, as a share of its
            longer side. Defaults to None: as much as the images show that the
            model was trained on, where the laboratory's scale is known, by
            the inferencer's profile or by 30 cells of this field; else 0.1.
        batch_size (int): Cells at once. Defaults to 32.
        bit_depth (int, optional): Bits that values of more than 8 bits use.
            Defaults to None: as the inferencer reads its images.
        max_pixels (int, optional): The most pixels of a field. Defaults to
            None: as the inferencer reads its images.
        channel_order (str): Of an array with colours: ``'bgr'`` or ``'rgb'``.
            Defaults to ``'bgr'``.

    Returns:
        FieldResult: The cells, which may be none.

    Raises:
        InputError: If the field cannot be read, a box is none of it, or the
            margin is no share.
    """
    check_margin(margin)
    reading = dict(inferencer.reading)
    if bit_depth is not None:
        reading['bit_depth'] = bit_depth
    if max_pixels is not None:
        reading['max_pixels'] = max_pixels
    is_path = isinstance(image, (str, PathLike))
    slide = open_windows(image) if is_path else None
    if slide is None:
        img, _, remarks = read_image(
            image, channel_order=channel_order, **reading
        )
        places = find_boxes(img, boxes)
        cut = _find_cut(inferencer, margin, img, places)
        crops: list[Any] = [
            cut_cell(img, box, cut.margin, cut.side) for box in places
        ]
        found = FoundCells(
            img.shape[:2], places, crops, (*remarks, *cut.remarks)
        )
        answers, warnings = classify(inferencer, crops, batch_size)
    else:
        # Thousands of cells would fill the memory.
        with slide, TemporaryDirectory(prefix='daffnet_') as folder:
            places = find_boxes_of_slide(slide, boxes)
            cut = _find_cut(inferencer, margin, slide, places)
            crops = write_crops(slide, places, cut, Path(folder, 'cell'))
            found = FoundCells(slide.shape[:2], places, crops, cut.remarks)
            answers, warnings = classify(inferencer, crops, batch_size)
        answers, warnings = (
            [_without(folder, said) for said in several]
            for several in (answers, warnings)
        )
    result = found.result(
        fspath(image) if is_path else None,
        inferencer.classes,
        answers,
        warnings,
    )
    return replace(result, reading=reading)


class FoundCells(NamedTuple):
    """The cells of a field before they are classified.

    Attributes:
        shape (tuple[int, int]): Height and width of the field.
        boxes (Sequence[Box]): Those of the cells.
        crops (list): Their pictures, or the files with them.
        remarks (tuple[str, ...]): What is to be said of the field.
    """

    shape: tuple[int, int]
    boxes: Sequence[Box]
    crops: list
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


def find_cut(
    inferencer: Inferencer,
    margin: float | None,
    looked_at: Callable[[], Sequence[Measurement]],
) -> Cut:
    """Find out how cells are cut.

    Args:
        inferencer (Inferencer): The classifier.
        margin (float, optional): As for :func:`predict_field`.
        looked_at (Callable): Measures the surroundings of some cells.

    Returns:
        Cut: How they are.
    """
    if margin is not None:
        return Cut(margin)
    side = inferencer.window(looked_at)
    if side is None:
        return Cut()
    remark = (
        f'cells are cut in squares of {side} pixels, which show as much as '
        'the images that the model was trained on'
    )
    return Cut(side=side, remarks=(remark,))


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


def _find_cut(
    inferencer: Inferencer,
    margin: float | None,
    field: np.ndarray | TiffWindows,
    boxes: Sequence[Box],
) -> Cut:
    """Find out how the cells of one field are cut."""
    return find_cut(
        inferencer,
        margin,
        lambda: look_around_some({'': boxes}, lambda _: field, SAMPLE),
    )


def _without(folder: str, said: Any) -> Any:
    """Leave out the name of a folder that is gone when this is read."""
    return said.replace(f'{folder}/', '') if isinstance(said, str) else said


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
