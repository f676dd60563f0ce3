"""Small pictures, as addresses that hold them."""

import base64
from typing import Any

import cv2
import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_reading import read_image

#: Pixels of the longer side of a cell's picture.
THUMBNAIL = 112
#: Qualities of a JPEG, of which the first is taken that is small enough.
_QUALITIES = (85, 70, 50, 30, 10)


def as_address(
    image: np.ndarray, longest: int = THUMBNAIL, most_bytes: int = 400_000
) -> str:
    """Make a small JPEG of an image, as an address that holds it.

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3), BGR.
        longest (int): Pixels of its longer side, at most. Defaults to 112.
        most_bytes (int): Bytes of the JPEG, at most, if the coarsest is no
            larger. Defaults to 400,000.

    Returns:
        str: The address, which has a third more characters than bytes.
    """
    scale = longest / max(image.shape[:2])
    if scale < 1:
        size = [max(1, round(scale * edge)) for edge in image.shape[1::-1]]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for quality in _QUALITIES:
        options = [cv2.IMWRITE_JPEG_QUALITY, quality]
        content = cv2.imencode('.jpg', image, options)[1].tobytes()
        if len(content) <= most_bytes:
            break
    text = base64.b64encode(content).decode()
    return f'data:image/jpeg;base64,{text}'


def picture_of(source: Any, **reading: Any) -> str:
    """Make a small JPEG of an image.

    Args:
        source (Any): The image, as for ``read_image``.
        **reading: How it is read, as for
            :func:`~daffnet_lite.fileio.image_reading.read_image`.

    Returns:
        str: The address; empty if the image has gone.
    """
    try:
        return as_address(read_image(source, **reading).img)
    except InputError:
        return ''
