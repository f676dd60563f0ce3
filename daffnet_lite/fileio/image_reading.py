"""The one reader of images: whatever holds an image, 8-bit BGR comes out."""

from collections.abc import Iterable, Sequence
from os import PathLike, fspath
from typing import IO, Any

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from daffnet_lite.errors import InputError

from .image_decoding import (
    DECODING_ERRORS,
    DecodedImage,
    cut_box,
    decode_image,
    image_to_bgr,
    values_to_bgr,
)
from .image_limits import MAX_PIXELS, check_size, max_bytes
from .names import printable
from .pixel_values import check_bit_depth
from .regular_files import read_regular

_LFS_POINTER = b'version https://git-lfs.github.com/spec/'


def read_image(
    source: Any,
    min_edge: int | None = None,
    box: Sequence[float] | None = None,
    bit_depth: int | None = None,
    max_pixels: int | None = None,
    name: str | None = None,
) -> DecodedImage:
    """Read an image from a file, or from what a program holds.

    See :func:`~daffnet_lite.fileio.image_decoding.decode_image` for what
    becomes of its pixels.

    Args:
        source: A path (str, Path); a file's content (bytes); an open file
            (anything with ``read``); a Pillow image; or an array, BGR, BGRA
            or grey.
        min_edge (int, optional): Short edge in pixels that is enough, for
            what is not decoded yet. Defaults to None: the full size.
        box (Sequence[float], optional): The part to return, x1, y1, x2, y2 in
            pixels. Defaults to None: all.
        bit_depth (int, optional): Bits that values of more than 8 bits use.
            Defaults to None: 16.
        max_pixels (int, optional): The most pixels that are decoded. Defaults
            to None: ``MAX_PIXELS``.
        name (str, optional): What messages call it. Defaults to None: a path
            by itself, all else ``the image``.

    Returns:
        DecodedImage: The image.

    Raises:
        InputError: If it cannot be read, in one sentence with its name; or if
            ``bit_depth`` is no depth.
    """
    is_path = isinstance(source, (str, PathLike))
    if name is None:
        name = name_of(source) if is_path else 'the image'
    check_bit_depth(bit_depth)
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    try:
        if is_path:
            source = read_regular(source, max_bytes(limit))
        elif hasattr(source, 'read') and not isinstance(source, Image.Image):
            source = _read_open_file(source, max_bytes(limit))
        if isinstance(source, (bytes, bytearray, memoryview)):
            content = bytes(source)
            return decode_image(content, min_edge, box, bit_depth, limit)
        if isinstance(source, Image.Image):
            check_size(*source.size, limit)
            decoded = _whole(*image_to_bgr(source, bit_depth))
        elif isinstance(source, np.ndarray):
            decoded = _whole(*_array_to_bgr(source, bit_depth))
        else:
            raise ValueError(
                'expected is a path, bytes, an open file, a Pillow image or '
                f'a NumPy array, not {type(source).__name__}'
            )
        return decoded if box is None else cut_box(decoded, box)
    except FileNotFoundError as e:
        raise InputError(f'{name} does not exist') from e
    except DECODING_ERRORS as e:
        content = source if isinstance(source, bytes) else b''
        raise InputError(
            f'{name} cannot be read ({reason_of(e, content)})'
        ) from e


def reason_of(error: Exception, content: bytes = b'') -> str:
    """Say in a few words why an image cannot be read.

    Args:
        error (Exception): One of ``DECODING_ERRORS``.
        content (bytes): The file, as far as it was read. Defaults to
            nothing.

    Returns:
        str: What the error says to a person.
    """
    if isinstance(error, UnidentifiedImageError):
        if content.startswith(_LFS_POINTER):
            return (
                'it is a pointer of Git LFS in the place of an image: run '
                '`git lfs pull`'
            )
        return 'its content is of no image format that is read here'
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, MemoryError):
        return 'there is not enough memory for it'
    text = error.err if isinstance(error, cv2.error) else str(error)
    return ' '.join(str(text).split()) or type(error).__name__


def group_remarks(remarks: Iterable[tuple[str, str]]) -> list[str]:
    """Say each remark once, with the first of the images that it is of.

    Args:
        remarks (Iterable[tuple[str, str]]): Names of images and remarks.

    Returns:
        list[str]: A sentence for each remark.
    """
    names: dict[str, list[str]] = {}
    for name, remark in remarks:
        names.setdefault(remark, []).append(name)
    return [
        f'{of[0]}{f" and {len(of) - 1} more" if of[1:] else ""}: {remark}'
        for remark, of in names.items()
    ]


def name_of(path: str | PathLike[str]) -> str:
    """What messages call the image in a file."""
    return f'image {printable(fspath(path))}'


def _read_open_file(file: IO[bytes], most: int) -> bytes:
    content = file.read(most + 1)
    if not isinstance(content, bytes):
        raise ValueError("the file is open as text; open it in mode 'rb'")
    if len(content) > most:
        raise ValueError(f'it has more than the limit of {most} bytes')
    return content


def _whole(img: np.ndarray, remarks: tuple[str, ...]) -> DecodedImage:
    return DecodedImage(img, img.shape[:2], remarks)


def _array_to_bgr(
    values: np.ndarray, bit_depth: int | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    channels = values.shape[2] if values.ndim == 3 else 1
    if values.ndim not in (2, 3) or channels not in (1, 3, 4):
        raise ValueError(
            f'its array has the shape {values.shape}, but must have (height, '
            'width) or (height, width, channels) with 1, 3 or 4 channels'
        )
    if not values.size:
        raise ValueError(
            f'its array is empty: it has the shape {values.shape}'
        )
    if values.dtype == np.uint8 and channels == 3:
        return values, ()
    if channels >= 3:
        values = values[..., [2, 1, 0, 3][:channels]]
    return values_to_bgr(values, bit_depth)
