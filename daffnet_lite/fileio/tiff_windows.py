"""Slides: TIFFs that are too large to be read whole, read by windows."""

import logging
import os
from pathlib import Path

import cv2
import numpy as np

from daffnet_lite.errors import InputError

from .names import printable
from .regular_files import open_regular
from .tiff_pages import is_tiff

#: Endings of slides that are TIFFs, beside the usual ones.
SLIDE_EXTENSIONS = ('.svs',)
#: From so many pixels on a TIFF of tiles or strips is read by windows.
LEAST_PIXELS = 32_000_000
#: The most pixels of a tile or strip; what is cut more coarsely is read whole.
MOST_IN_SEGMENT = 8_000_000
#: TIFF's numbers of colour codings: grey, RGB, YCbCr.
_GREY, _RGB, _YCBCR = 1, 2, 6
_JPEG = 7
#: Tells a decoder of JPEG that three channels are red, green and blue.
_NOT_YCBCR = b'\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00'


class TiffWindows:
    """A large TIFF of tiles or strips, such as Aperio's ``.svs``.

    Args:
        path (str | Path): The file; see :func:`open_windows`.
        page: Its first page.
        file: The open file of tifffile's.

    Attributes:
        shape (tuple[int, int]): Height and width.
    """

    def __init__(self, path: str | os.PathLike[str], page, file) -> None:
        self._path = path
        self._page = page
        self._file = file
        self.shape = int(page.imagelength), int(page.imagewidth)
        if page.is_tiled:
            self._size = int(page.tilelength), int(page.tilewidth)
        else:
            self._size = int(page.rowsperstrip), self.shape[1]

    def __enter__(self) -> 'TiffWindows':
        return self

    def __exit__(self, *_) -> None:
        self._file.close()

    def read(self, x1: int, y1: int, x2: int, y2: int) -> np.ndarray:
        """Read a window, which lies within the image.

        Returns:
            np.ndarray: uint8 of shape (y2 - y1, x2 - x1, 3), BGR.

        Raises:
            InputError: If it cannot be read.
        """
        height, width = self._size
        # Where there is nothing on the glass, a scanner may write no tile.
        window = np.full((y2 - y1, x2 - x1, 3), 255, np.uint8)
        columns = -(-self.shape[1] // width)
        for row in range(y1 // height, -(-y2 // height)):
            for column in range(x1 // width, -(-x2 // width)):
                part = self._segment(row * columns + column)
                if part is None:
                    continue
                top, left = row * height, column * width
                bottom = min(top + part.shape[0], y2)
                right = min(left + part.shape[1], x2)
                y, x = max(top, y1), max(left, x1)
                window[y - y1 : bottom - y1, x - x1 : right - x1] = part[
                    y - top : bottom - top, x - left : right - left
                ]
        return window

    def reduced(self, long_side: int) -> np.ndarray:
        """Read all, reduced, a band after the other.

        Args:
            long_side (int): That of the result in pixels.

        Returns:
            np.ndarray: uint8, BGR.
        """
        scale = min(1, long_side / max(self.shape))
        height, width = (max(1, round(scale * n)) for n in self.shape)
        band = max(1, int(height * MOST_IN_SEGMENT / np.prod(self.shape)))
        image = np.empty((height, width, 3), np.uint8)
        for top in range(0, height, band):
            bottom = min(top + band, height)
            y1, y2 = (round(y * self.shape[0] / height) for y in (top, bottom))
            image[top:bottom] = cv2.resize(
                self.read(0, y1, self.shape[1], y2),
                (width, bottom - top),
                interpolation=cv2.INTER_AREA,
            )
        return image

    def _segment(self, index: int) -> np.ndarray | None:
        """Read a tile or strip; None if there is none."""
        count = self._page.databytecounts[index]
        if not count:
            return None
        handle = self._page.parent.filehandle
        handle.seek(self._page.dataoffsets[index])
        try:
            values = self._decoded(handle.read(count), index)
        # A reader in Python raises nearly anything on broken data.
        except Exception as e:
            reason = str(e)
            if 'imagecodecs' in reason:
                reason = (
                    f'its compression, {self._page.compression.name}, needs '
                    'the package imagecodecs: pip install imagecodecs'
                )
            raise InputError(
                f'slide {printable(os.fspath(self._path))} cannot be read '
                f'({reason})'
            ) from e
        return values

    def _decoded(self, data: bytes, index: int) -> np.ndarray | None:
        if self._page.compression == _JPEG:
            return _decode_jpeg(
                data,
                self._page.jpegtables,
                self._page.photometric == _RGB,
            )
        values = self._page.decode(data, index)[0]
        if values is None:
            return None
        values = values.reshape(values.shape[-3:])
        if values.shape[2] == 1:
            return cv2.cvtColor(values, cv2.COLOR_GRAY2BGR)
        return cv2.cvtColor(values, cv2.COLOR_RGB2BGR)


def _decode_jpeg(data: bytes, tables: bytes | None, rgb: bool) -> np.ndarray:
    begin, rest = data[:2], data[2:]
    between = _NOT_YCBCR if rgb else b''
    if tables:
        # Without their own beginning and end.
        between += tables[2:-2]
    image = cv2.imdecode(
        np.frombuffer(begin + between + rest, np.uint8), cv2.IMREAD_COLOR
    )
    if image is None:
        raise ValueError('a tile is broken')
    return image


def open_windows(path: str | os.PathLike[str]) -> TiffWindows | None:
    """Open a TIFF that is to be read by windows.

    Args:
        path (str | Path): Any file.

    Returns:
        TiffWindows | None: None of a file that is no TIFF, is not large, is
        of several planes, or whose pixels are not 8-bit grey or colours in
        tiles or strips: such are read whole.
    """
    try:
        with open_regular(Path(path)) as file:
            if not is_tiff(file.read(4)):
                return None
        import tifffile
    except (OSError, ImportError):
        return None
    logging.getLogger('tifffile').addHandler(logging.NullHandler())
    try:
        opened = tifffile.TiffFile(path)
    except Exception:  # what is wrong is said by who reads it whole
        return None
    try:
        page = opened.pages.first
        if _by_windows(page) and _is_one_plane(opened.series[0]):
            return TiffWindows(path, page, opened)
    except Exception:
        opened.close()
        return None
    opened.close()
    return None


def _by_windows(page) -> bool:
    segment = (
        page.tilelength * page.tilewidth
        if page.is_tiled
        else page.rowsperstrip * page.imagewidth
    )
    return (
        page.imagelength * page.imagewidth >= LEAST_PIXELS
        and segment <= MOST_IN_SEGMENT
        and page.imagedepth == 1
        and page.planarconfig == 1
        and page.dtype == np.uint8
        and (page.samplesperpixel, int(page.photometric))
        in ((1, _GREY), (3, _RGB), (3, _YCBCR))
        and int(page.tags.valueof('Orientation', 1)) == 1
    )


def _is_one_plane(series) -> bool:
    """Not channels, or slices, in a page each."""
    sizes = zip(series.axes, series.shape, strict=True)
    return all(size == 1 for axis, size in sizes if axis not in 'YXS')
