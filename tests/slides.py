"""Slides as scanners write them: tiles of JPEG in a TIFF."""

import io
import struct

import numpy as np
from PIL import Image

_SHORT, _LONG, _BYTES = 3, 4, 7


def write_slide(path, image, side=256, kind='ycbcr', quality=95, empty=()):
    """Write a BGR image; tiles that are named in ``empty`` have no data.

    Args:
        kind (str): ``'ycbcr'``, or ``'rgb'``, as Aperio codes colours; with
            ``'-tables'`` behind, what the tiles share is written once.
    """
    colours, _, tables = kind.partition('-')
    height, width = image.shape[:2]
    rows, columns = -(-height // side), -(-width // side)
    padded = np.pad(
        image[..., ::-1],
        ((0, rows * side - height), (0, columns * side - width), (0, 0)),
        'edge',
    )
    kwargs = dict(quality=quality, subsampling=0, keep_rgb=colours == 'rgb')

    def encoded(values, stream):
        file = io.BytesIO()
        Image.fromarray(values).save(file, 'JPEG', streamtype=stream, **kwargs)
        return _without_adobe(file.getvalue())

    parts = [
        b''
        if number in empty
        else encoded(
            np.ascontiguousarray(
                padded[
                    number // columns * side : (number // columns + 1) * side,
                    number % columns * side : (number % columns + 1) * side,
                ]
            ),
            2 if tables else 0,
        )
        for number in range(rows * columns)
    ]
    content, offsets = b'II*\0' + bytes(4), []
    for part in parts:
        offsets.append(len(content) if part else 0)
        content += part
    entries = [
        (256, _LONG, [width]),
        (257, _LONG, [height]),
        (258, _SHORT, [8, 8, 8]),
        (259, _SHORT, [7]),
        (262, _SHORT, [2 if colours == 'rgb' else 6]),
        (277, _SHORT, [3]),
        (322, _LONG, [side]),
        (323, _LONG, [side]),
        (324, _LONG, offsets),
        (325, _LONG, [len(part) for part in parts]),
    ]
    if tables:
        entries.append((347, _BYTES, encoded(padded[:side, :side].copy(), 1)))
    if colours != 'rgb':
        entries.append((530, _SHORT, [1, 1]))
    ifd = b''
    for tag, type_, values in entries:
        count = len(values)
        data = (
            values
            if type_ == _BYTES
            else struct.pack(
                f'<{count}{"H" if type_ == _SHORT else "I"}', *values
            )
        )
        if len(data) > 4:
            content += bytes(len(content) % 2)
            place = struct.pack('<I', len(content))
            content += data
        else:
            place = data.ljust(4, b'\0')
        ifd += struct.pack('<HHI', tag, type_, count) + place
    content += bytes(len(content) % 2)
    start = struct.pack('<I', len(content))
    content += struct.pack('<H', len(entries)) + ifd + bytes(4)
    path.write_bytes(content[:4] + start + content[8:])
    return path


def _without_adobe(data):
    """Leave out what tells the coding of colours: the TIFF does."""
    place = data.find(b'\xff\xee\x00\x0eAdobe')
    return data if place < 0 else data[:place] + data[place + 16 :]
