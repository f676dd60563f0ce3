"""Pages of a TIFF: which of them are one picture.

Pillow reads the first page, with 8 bits. tifffile knows what ImageJ and
OME say of the pages, and reads values of any type. OpenCV unpacks what
tifffile cannot without a further package, such as LZW.
"""

import io
import logging
import math
import re
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

import cv2
import numpy as np

from .image_limits import check_size, max_bytes, too_large

_BEGINNINGS = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')
_PRIMARIES = ('red', 'green', 'blue')
#: Codings of colour that values of more than 8 bits may have.
_GREY_OR_RGB = (0, 1, 2)
_WHITE_IS_ZERO = 0
_CONTIGUOUS = 1
_SILENT = logging.NullHandler()


class TiffValues(NamedTuple):
    """The values of one picture in a TIFF.

    Attributes:
        values (np.ndarray, optional): Of shape (H, W) or (H, W, C), red
            first; None if it is the first page, as Pillow reads it.
        inverted (bool): Whether 0 is white.
        orientation (int): EXIF's number.
        remarks (tuple[str, ...]): What a person should know.
    """

    values: np.ndarray | None
    inverted: bool
    orientation: int
    remarks: tuple[str, ...]


def is_tiff(content: bytes) -> bool:
    """Say whether some bytes begin as a TIFF does."""
    return content[:4] in _BEGINNINGS


def read_tiff(content: bytes, deep: bool, max_pixels: int) -> TiffValues:
    """Read the picture in a TIFF of several pages, or of more than 8 bits.

    Grey pages are joined to a colour picture where the file says that they
    are red, green and blue: three channels of ImageJ or OME, in the order of
    their names or colours if they have any, or slices with those names.
    Otherwise the first page counts.

    Args:
        content (bytes): The file.
        deep (bool): Whether its values have more than the 8 bits that Pillow
            reads.
        max_pixels (int): The most pixels.

    Returns:
        TiffValues: The picture.

    Raises:
        ValueError: If the file is broken, or its pages are no picture.
    """
    try:
        import tifffile
    except ImportError as e:
        raise ValueError(
            'a TIFF of several pages, or of more than 8 bits, needs the '
            'package tifffile: pip install tifffile'
        ) from e
    # What it logs of broken files is said by the error.
    logging.getLogger('tifffile').addHandler(_SILENT)
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as tiff:
            return _read(tiff, content, deep, max_pixels)
    except ValueError:
        raise
    # A reader in Python raises nearly anything on broken data.
    except Exception as e:
        raise ValueError(f'broken TIFF: {e}') from e


def _read(tiff, content: bytes, deep: bool, max_pixels: int) -> TiffValues:
    series = tiff.series[0]
    sizes = dict(zip(series.axes, series.shape, strict=True))
    check_size(sizes['X'], sizes['Y'], max_pixels)
    if None in series.pages:
        raise ValueError('some of its pages lie in other files')
    page = series.keyframe
    channels = _channels(tiff, series.axes, sizes)
    planes = _planes(series) // (1 if channels is None else 3)
    planes += sum(
        _planes(other)
        for other in tiff.series[1:]
        if not other.keyframe.is_reduced
    )
    remarks: tuple[str, ...] = ()
    if planes > 1:
        remarks = (f'only page 1 of its {planes} is used',)
    orientation = int(page.tags.valueof('Orientation', 1))
    if channels is None and not deep:
        return TiffValues(None, False, orientation, remarks)
    if int(page.photometric) not in _GREY_OR_RGB:
        raise ValueError(
            f'its colours are coded as {page.photometric.name} with more '
            'than 8 bits; save it as RGB'
        )
    axis, order = channels or (None, None)
    if series.nbytes > max_bytes(max_pixels):
        raise too_large('pages of more', max_pixels)
    values = _values(tiff, series, content)
    # The first of all that is neither row, column, sample nor channel.
    index = tuple(
        slice(None) if name in ('Y', 'X', 'S', axis) else 0
        for name in series.axes
    )
    values = values[index]
    names = [name for name in series.axes if name in ('Y', 'X', 'S', axis)]
    values = values.transpose(
        [
            names.index(name)
            for name in ('Y', 'X', axis or 'S')
            if name in names
        ]
    )
    if order is not None:
        values = values[..., order]
    if values.ndim == 3 and values.shape[2] > 4:
        raise ValueError(
            f'it has {values.shape[2]} channels, of which none is known to '
            'be red, green or blue; save it as RGB'
        )
    inverted = int(page.photometric) == _WHITE_IS_ZERO
    return TiffValues(values, inverted, orientation, remarks)


def _planes(series) -> int:
    """How many pictures of rows, columns and samples a series has."""
    return math.prod(
        size
        for axis, size in zip(series.axes, series.shape, strict=True)
        if axis not in 'YXS'
    )


def _channels(tiff, axes: str, sizes: dict) -> tuple[str, list[int]] | None:
    """Find the axis along which red, green and blue lie, and their places.

    Returns:
        tuple[str, list[int]] | None: None if colour lies within the pages.

    Raises:
        ValueError: If there are channels that are no colours.
    """
    if sizes.get('S', 1) > 1:
        return None
    imagej, ome = tiff.imagej_metadata, tiff.ome_metadata
    names, colours = [], []
    if imagej:
        names = list(imagej.get('Labels') or ())
        if imagej.get('mode') in ('composite', 'color'):
            colours = [tuple(lut[:, -1]) for lut in imagej.get('LUTs') or ()]
    elif ome:
        names, colours = _ome_channels(ome)
    named = _order([_primary_name(name) for name in names])
    if sizes.get('C', 1) == 1:
        # ImageJ's "RGB stack": three slices with the names of the colours.
        stack = [axis for axis in axes if axis not in 'YXSC']
        if named and len(stack) == 1 and sizes[stack[0]] == 3:
            return stack[0], named
        if not imagej and not ome and _planes(tiff.series[0]) == 3:
            raise ValueError(
                'it has 3 grey pages, and does not say whether they are red, '
                'green and blue; save it as one page of RGB'
            )
        return None
    if sizes['C'] != 3:
        raise ValueError(
            f'it has {sizes["C"]} channels in pages of their own, and not '
            'red, green and blue; save it as one page of RGB'
        )
    coloured = _order([_primary_colour(colour) for colour in colours])
    order = named or coloured
    if order is None:
        # White is what programs write that know nothing of colours.
        known = [c for c in colours if _primary_colour(c) != 'white']
        if known or (ome and any(names)):
            raise ValueError(
                'its 3 channels '
                + (f'({", ".join(map(str, names))}) ' if any(names) else '')
                + 'are not red, green and blue; save it as one page of RGB'
            )
        order = [0, 1, 2]
    return 'C', order


def _order(primaries: list[str | None]) -> list[int] | None:
    """Find the places of red, green and blue; None unless all are there."""
    if sorted(map(str, primaries)) != sorted(_PRIMARIES):
        return None
    return [primaries.index(primary) for primary in _PRIMARIES]


def _primary_name(name: str) -> str | None:
    words = re.findall('[a-z]+', str(name).lower())
    for primary in _PRIMARIES:
        if words in ([primary], [primary[0]], [primary, 'channel']):
            return primary
    return None


def _primary_colour(colour: tuple[int, ...]) -> str | None:
    """Name a colour if it is a primary one, or white."""
    bright = tuple(value == 255 for value in colour)
    if not all(value in (0, 255) for value in colour):
        return None
    if all(bright):
        return 'white'
    return _PRIMARIES[bright.index(True)] if sum(bright) == 1 else None


def _ome_channels(ome: str) -> tuple[list[str], list[tuple[int, ...]]]:
    """Read names and colours of the first image's channels."""
    names, colours = [], []
    image = ElementTree.fromstring(ome).find('{*}Image')
    for channel in () if image is None else image.iter():
        if channel.tag.rpartition('}')[2] != 'Channel':
            continue
        names.append(channel.get('Name', ''))
        # A signed integer of red, green, blue and alpha; -1 is white.
        colour = int(channel.get('Color', -1)) & 0xFFFFFFFF
        colours.append(tuple(colour >> shift & 255 for shift in (24, 16, 8)))
    return names, colours


def _values(tiff, series, content: bytes) -> np.ndarray:
    page = series.keyframe
    try:
        return series.asarray()
    except ValueError as error:
        if 'imagecodecs' not in str(error):
            raise
        message = (
            f'its compression, {page.compression.name}, needs the package '
            'imagecodecs; install it, or save the image without compression'
        )
    # OpenCV takes the planes of a page for its pixels.
    if page.planarconfig != _CONTIGUOUS or len(tiff.series) > 1:
        raise ValueError(message)
    done, pages = cv2.imdecodemulti(
        np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED
    )
    if not done or len(pages) != _planes(series):
        raise ValueError(message)
    values = np.stack(pages)
    if values.ndim == 4:
        values = values[..., [2, 1, 0, 3][: values.shape[3]]]
    if values.size != series.size or values.dtype != series.dtype:
        raise ValueError(message)
    return values.reshape(series.shape)
