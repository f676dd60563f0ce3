"""The one reader of images: whatever holds an image, 8-bit BGR comes out."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
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
from .image_folders import is_image_name
from .image_limits import MAX_PIXELS, check_size, max_bytes
from .names import printable
from .pixel_values import check_bit_depth
from .regular_files import read_regular

#: No path is longer.
LONGEST_PATH = 4096
#: Orders in which the colours of an array may come.
CHANNEL_ORDERS = ('bgr', 'rgb')

_LFS_POINTER = b'version https://git-lfs.github.com/spec/'
#: Channels of an array: grey, colours, colours and alpha.
_CHANNELS = (1, 3, 4)


def read_image(
    source: Any,
    min_edge: int | None = None,
    box: Sequence[float] | None = None,
    bit_depth: int | None = None,
    max_pixels: int | None = None,
    name: str | None = None,
    channel_order: str = 'bgr',
) -> DecodedImage:
    """Read an image from a file, or from what a program holds.

    See :func:`~daffnet_lite.fileio.image_decoding.decode_image` for what
    becomes of its pixels.

    Args:
        source: A path (str, Path); a file's content (bytes); an open file
            (anything with ``read``); a Pillow image; or an array of shape (H,
            W) or (H, W, C): grey, colours, or colours and alpha.
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
        channel_order (str): Of an array with colours: ``'bgr'``, as OpenCV
            has them, or ``'rgb'``. All else says itself. Defaults to
            ``'bgr'``.

    Returns:
        DecodedImage: The image.

    Raises:
        InputError: If it cannot be read, in one sentence with its name; or if
            ``bit_depth`` is no depth, or ``channel_order`` no order.
    """
    is_path = isinstance(source, (str, PathLike))
    if name is None:
        name = name_of(source) if is_path else 'the image'
    check_bit_depth(bit_depth)
    check_channel_order(channel_order)
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    try:
        if is_path:
            source = read_regular(source, max_bytes(limit))
        elif hasattr(source, 'read') and not isinstance(source, Image.Image):
            source = _read_open_file(source, max_bytes(limit))
        elif isinstance(source, bytes) and _is_name(source):
            raise ValueError(
                'bytes are taken for the content of a file, and these look '
                'like the name of one: give a path as text'
            )
        if isinstance(source, (bytes, bytearray, memoryview)):
            content = bytes(source)
            return decode_image(content, min_edge, box, bit_depth, limit)
        if isinstance(source, Image.Image):
            check_size(*source.size, limit)
            decoded = _whole(*image_to_bgr(source, bit_depth))
        elif isinstance(source, np.ndarray):
            decoded = _whole(*_array_to_bgr(source, bit_depth, channel_order))
        else:
            raise ValueError(_of_no_type(source))
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
    text = fspath(path)
    if len(text) > LONGEST_PATH:
        # Somebody gives what is in the file.
        return f'the image at a path of {len(text)} characters'
    return f'image {printable(text)}'


def check_channel_order(channel_order: str) -> None:
    """Refuse what is no order of colours.

    Args:
        channel_order (str): The order.

    Raises:
        InputError: If it is neither ``'bgr'`` nor ``'rgb'``.
    """
    if channel_order not in CHANNEL_ORDERS:
        raise InputError(
            f"channel_order={channel_order!r:.40} must be 'bgr' or 'rgb'"
        )


def is_batch(source: Any) -> bool:
    """Say whether something is an array of several images, (N, H, W, C)."""
    return (
        isinstance(source, np.ndarray)
        and source.ndim == 4
        and source.shape[3] in _CHANNELS
    )


def _read_open_file(file: IO[bytes], most: int) -> bytes:
    if getattr(file, 'closed', False):
        raise ValueError('the file is closed: give it while it is open')
    content: Any = None
    # What is no text is not to be decoded to find that out.
    with suppress(UnicodeDecodeError):
        content = file.read(most + 1)
    if not isinstance(content, bytes):
        raise ValueError("the file is open as text; open it in mode 'rb'")
    if len(content) > most:
        raise ValueError(f'it has more than the limit of {most} bytes')
    if not content:
        raise ValueError('the file is empty, or was read to its end already')
    return content


def _is_name(content: bytes) -> bool:
    if len(content) > LONGEST_PATH or b'\0' in content:
        return False
    return is_image_name(os.fsdecode(content))


def _of_no_type(source: Any) -> str:
    """Say of what type something is that holds no image."""
    said = (
        'expected is a path, bytes, an open file, a Pillow image or a NumPy '
        f'array, not {type(source).__name__:.40}'
    )
    if source is None:
        return f'{said}, which cv2.imread gives of a file that it cannot read'
    if hasattr(source, '__array__'):
        return (
            f'{said}; numpy.asarray makes an array of it, and its shape must '
            'be (height, width, channels)'
        )
    if hasattr(source, '__iter__'):
        return (
            f'{said}; several images come as one list, tuple, batch or '
            'generator, and none of these within another'
        )
    return said


def _whole(img: np.ndarray, remarks: tuple[str, ...]) -> DecodedImage:
    return DecodedImage(img, img.shape[:2], remarks)


def _array_to_bgr(
    values: np.ndarray, bit_depth: int | None, channel_order: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    _check_shape(values)
    channels = values.shape[2] if values.ndim == 3 else 1
    if channel_order == 'bgr' and channels >= 3:
        if values.dtype == np.uint8 and channels == 3:
            return values, ()
        values = values[..., [2, 1, 0, 3][:channels]]
    return values_to_bgr(values, bit_depth)


def _check_shape(values: np.ndarray) -> None:
    shape = values.shape
    if values.dtype.kind == 'O':
        raise ValueError(
            'its array holds objects (dtype object) in the place of numbers; '
            'images of different sizes come as a list'
        )
    if values.ndim not in (2, 3) or (*shape, 1)[2] not in _CHANNELS:
        hint = ''
        if is_batch(values):
            hint = '; it is a batch where one image is expected'
        elif values.ndim in (3, 4) and shape[-3] in _CHANNELS:
            axes = '(1, 2, 0)' if values.ndim == 3 else '(0, 2, 3, 1)'
            hint = f'; if its channels come first, transpose{axes} helps'
        # Numbers of dimensions that no image has are as long as they like.
        raise ValueError(
            f'its array has the shape {shape!s:.60}, but must have '
            '(height, width) or (height, width, channels) with 1, 3 or 4 '
            f'channels{hint}'
        )
    if not values.size:
        raise ValueError(f'its array is empty: it has the shape {shape}')
