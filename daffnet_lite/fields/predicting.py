from collections.abc import Sequence
from os import PathLike, fspath
from typing import Any

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
    remarks: tuple[str, ...] = ()
    if slide is not None:
        with slide:
            shape = slide.shape
            places = find_boxes_of_slide(slide, boxes)
            crops = list(cut_cells_of_slide(slide, places, margin))
    else:
        img, shape, remarks = read_image(
            image,
            bit_depth=bit_depth,
            max_pixels=max_pixels,
            channel_order=channel_order,
        )
        places = find_boxes(img, boxes)
        crops = [cut_cell(img, box, margin) for box in places]
    answers, warnings = classify(inferencer, crops, batch_size)
    cells, errors = pair(places, answers)
    return FieldResult(
        fspath(image) if is_path else None,
        shape,
        tuple(inferencer.classes),
        cells,
        errors,
        (*remarks, *warnings),
    )


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
