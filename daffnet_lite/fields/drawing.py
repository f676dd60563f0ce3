"""A field with its cells boxed and named."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.fileio.tiff_windows import open_windows
from daffnet_lite.utils.rounding import rounded_down

from .field_result import FieldResult

#: x1, y1, x2, y2 in the picture.
Frame = tuple[float, float, float, float]
#: Red, green and blue that people tell apart however they see colours (Okabe
#: and Ito 2008), but the yellow, which is lost on the bright ground.
COLOURS = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (213, 94, 0),
    (86, 180, 233),
    (204, 121, 167),
    (0, 0, 0),
)
#: Long side to which a larger field is drawn, in pixels.
LARGEST_SIDE = 4096
#: Long sides of a picture, and of its cells, up to which text and lines have
#: one size; they grow with both.
_USUAL_SIDE, _USUAL_CELL = 1000, 70
#: Bright colours have dark text: from this luminance on, of 255.
_BRIGHT = 140


def colour_of(cell_type: str, classes: Sequence[str]) -> tuple[int, int, int]:
    """Find a type's colour; beyond seven types they come again."""
    return COLOURS[list(classes).index(cell_type) % len(COLOURS)]


def read_and_draw(
    result: FieldResult,
    image: Any = None,
    largest: int = LARGEST_SIDE,
    **reading: Any,
) -> np.ndarray:
    """Read a field, and draw its cells.

    Args:
        result (FieldResult): Its cells.
        image (Any, optional): The field, as for
            :func:`~daffnet_lite.fields.predict_field`. Defaults to None: what
            lies at the path that the result has.
        largest (int): Long side of the picture, in pixels, at most. Defaults
            to 4096.
        **reading: How it is read, as for
            :func:`~daffnet_lite.fileio.image_reading.read_image`, where that
            is not as the result says.

    Returns:
        np.ndarray: The picture, BGR.

    Raises:
        InputError: If there is no field that can be read, or it is another.
    """
    source = result.field if image is None else image
    if source is None:
        raise InputError(
            'the result knows no file with its field, which was given as an '
            'array or the like: give the image'
        )
    is_path = isinstance(source, (str, PathLike))
    slide = open_windows(source) if is_path else None
    if slide is None:
        pixels, shape, _ = read_image(source, **{**result.reading, **reading})
    else:
        with slide:
            pixels, shape = slide.reduced(largest), slide.shape
    if tuple(shape[:2]) != tuple(result.shape):
        raise InputError(
            f'the image has {shape[1]} x {shape[0]} pixels, but the cells '
            'are of a field of {1} x {0}'.format(*result.shape)
        )
    return draw_field(pixels, result, largest)


def draw_field(
    image: np.ndarray, result: FieldResult, largest: int = LARGEST_SIDE
) -> np.ndarray:
    """Draw the cells of a field: boxes, types and probabilities.

    A type has its colour, but it is written, too, and a cell to look at again
    has a question mark behind its probability.

    Args:
        image (np.ndarray): The field, uint8 of shape (H, W, 3), BGR.
        result (FieldResult): Its cells.
        largest (int): Long side of the picture, in pixels, at most. Defaults
            to 4096.

    Returns:
        np.ndarray: The picture, BGR; smaller than the field if that is large.
    """
    height, width = result.shape
    scale = min(1, largest / max(height, width))
    size = max(1, round(scale * width)), max(1, round(scale * height))
    if image.shape[1::-1] != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    picture = Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    pen = ImageDraw.Draw(picture)
    frames: list[Frame] = []
    for box in result.boxes:
        x1, y1, x2, y2 = (scale * side for side in box)
        frames.append((x1, y1, x2, y2))
    unit = _unit(size, frames)
    font = ImageFont.load_default(round(15 * unit))
    labels: list[Frame] = []
    for cell, frame in zip(result.cells, frames, strict=True):
        colour = colour_of(cell.cell_type, result.classes)
        pen.rectangle(frame, outline='white', width=round(4 * unit))
        pen.rectangle(frame, outline=colour, width=round(3 * unit))
    for cell, frame in zip(result.cells, frames, strict=True):
        text = f'{cell.cell_type} {_percent(cell.probability)}'
        text += ' ?' if cell.review else ''
        colour = colour_of(cell.cell_type, result.classes)
        left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
        pad = 3 * unit
        extent = right - left + 2 * pad, bottom - top + 2 * pad
        label = _place(frame, extent, size, frames, labels)
        labels.append(label)
        pen.rectangle(label, fill=colour)
        pen.text(
            (label[0] + pad - left, label[1] + pad - top),
            text,
            fill='black' if _luminance(colour) >= _BRIGHT else 'white',
            font=font,
        )
    return cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)


def _unit(size: tuple[int, int], frames: Sequence[Frame]) -> float:
    """How many times as large as in a small picture all is drawn."""
    if not frames:
        return 1
    cell = float(np.median([max(f[2] - f[0], f[3] - f[1]) for f in frames]))
    return max(1, min(max(size) / _USUAL_SIDE, cell / _USUAL_CELL))


def _percent(probability: float) -> str:
    return f'{rounded_down(100 * probability, 0)} %'


def _luminance(colour: tuple[int, int, int]) -> float:
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _place(
    frame: Frame,
    label: tuple[float, float],
    size: tuple[int, int],
    frames: Sequence[Frame],
    labels: Sequence[Frame],
) -> Frame:
    """Place a label at its box: within the picture, and over little else."""
    x1, y1, x2, y2 = frame
    width, height = label
    places = []
    for x in (x1, x2 - width):
        for y in (y1 - height, y2):
            x = min(max(x, 0), max(size[0] - width, 0))
            y = min(max(y, 0), max(size[1] - height, 0))
            places.append((x, y, x + width, y + height))

    def hides(place: Frame) -> int:
        # What is written counts most.
        return sum(_overlap(place, other) for other in frames) + 10 * sum(
            _overlap(place, other) for other in labels
        )

    return min(places, key=hides)


def _overlap(one: Frame, other: Frame) -> bool:
    return (
        one[0] < other[2]
        and other[0] < one[2]
        and one[1] < other[3]
        and other[1] < one[3]
    )
