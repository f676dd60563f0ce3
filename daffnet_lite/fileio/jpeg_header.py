"""What a JPEG file says of itself before anything is decoded."""

import struct
from typing import NamedTuple

#: Start-of-frame markers: all codings but DHT (C4), JPG (C8) and DAC (CC).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Markers without a length: TEM and the restarts.
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = b'\xff\xd9'
#: FF, the marker and the length of what follows; what a frame begins with.
_SEGMENT = struct.Struct('>BBH')
_FRAME = struct.Struct('>BHHB')


class JPEGHeader(NamedTuple):
    """Size and colour coding of a JPEG, as stored (before any rotation).

    Attributes:
        bits (int): Bits of a value.
        height (int): Rows.
        width (int): Columns.
        channels (int): 1 (grey), 3 (colour) or 4 (CMYK).
    """

    bits: int
    height: int
    width: int
    channels: int


def is_jpeg(content: bytes) -> bool:
    """Say whether some bytes begin as a JPEG does."""
    return content[:3] == b'\xff\xd8\xff'


def read_jpeg_header(content: bytes) -> JPEGHeader:
    """Read a JPEG's header, and make sure that the file is whole.

    Decoders are lenient: some versions of OpenCV fill the rest of a truncated
    JPEG with grey and say nothing. Inside coded image data the byte FF is
    always followed by 00 or a restart, so an end marker after the start of
    the first scan is the end of the image, and a file without one was cut.
    Damage between the two that leaves the end in place is not seen here, nor
    by the decoders.

    Args:
        content (bytes): The file.

    Returns:
        JPEGHeader: Size and colour coding.

    Raises:
        ValueError: If the file is truncated or no JPEG.
    """
    header, place, last = None, 2, len(content) - 10
    while place <= last:
        start, marker, segment = _SEGMENT.unpack_from(content, place)
        if start != 0xFF:
            raise ValueError(f'broken JPEG: no marker at byte {place}')
        if marker == 0xFF:  # padding before a marker
            place += 1
        elif marker in _BARE:
            place += 2
        elif marker == _START_OF_SCAN:
            break
        else:
            if marker in _FRAMES:
                header = JPEGHeader(*_FRAME.unpack_from(content, place + 4))
            place += 2 + segment
    else:
        raise ValueError('truncated JPEG: it ends within its header')
    if header is None or not header.height or not header.width:
        raise ValueError('broken JPEG: its header gives no image size')
    if content.rfind(_END_OF_IMAGE, place) < 0:
        raise ValueError('truncated JPEG: it has no end marker')
    return header
