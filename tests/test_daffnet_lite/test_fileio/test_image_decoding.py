"""What :mod:`test_load_cell_image` does not ask of the decoder."""

import io
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from daffnet_lite.fileio.image_decoding import DECODING_ERRORS, decode_image

RGB = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


def encoded(form, image=None, **options):
    file = io.BytesIO()
    (image or Image.fromarray(RGB)).save(file, form, **options)
    return file.getvalue()


def lying_png(width, height):
    """A small PNG with a header of its own."""

    def chunk(kind, data):
        body = kind + data
        return (
            struct.pack('>I', len(data)) + body + zlib.crc32(body).to_bytes(4)
        )

    return (
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
        + chunk(b'IDAT', zlib.compress(bytes(1000)))
        + chunk(b'IEND', b'')
    )


def lying_jpeg(width, height):
    content = encoded('jpeg')
    place = content.index(b'\xff\xc0') + 5
    size = struct.pack('>HH', height, width)
    return content[:place] + size + content[place + 4 :]


def lying_bmp(width, height):
    content = encoded('bmp')
    return content[:18] + struct.pack('<ii', width, height) + content[26:]


def lying_gif(width, height):
    content = encoded('gif')
    return content[:6] + struct.pack('<HH', width, height) + content[10:]


@pytest.mark.parametrize('make', [lying_png, lying_jpeg, lying_bmp, lying_gif])
def test_a_header_that_lies_costs_no_memory(make):
    with pytest.raises(ValueError, match='more than the limit of 80000000'):
        decode_image(make(65500, 65500))


@pytest.mark.parametrize('form', ['png', 'jpeg', 'bmp', 'gif', 'webp', 'tiff'])
def test_the_limit_of_pixels(form):
    content = encoded(form)
    assert decode_image(content, max_pixels=2000).size == (40, 50)
    with pytest.raises(ValueError, match='50 x 40 pixels.*--max-pixels'):
        decode_image(content, max_pixels=1999)


def test_a_raised_limit_holds_for_pillow_too():
    """In a process of its own: Pillow's limit is one for all."""
    code = """
import io
from PIL import Image
from daffnet_lite.fileio.image_decoding import decode_image
Image.MAX_IMAGE_PIXELS = 500
file = io.BytesIO()
Image.new('RGBA', (50, 40), 'red').save(file, 'png')
print(decode_image(file.getvalue(), max_pixels=2000).size)
"""
    result = subprocess.run(
        [sys.executable, '-W', 'error::Warning:PIL', '-c', code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.splitlines()[-1] == '(40, 50)'
    assert 'DecompressionBomb' not in result.stderr


@pytest.mark.parametrize('form', ['gif', 'webp', 'png'])
def test_frames_are_counted(form):
    first, second = Image.fromarray(RGB), Image.fromarray(255 - RGB)
    options = dict(lossless=True) if form == 'webp' else {}
    moving = encoded(
        form, first, save_all=True, append_images=[second, first], **options
    )
    img, _, (remark,) = decode_image(moving)
    assert remark == 'only frame 1 of its 3 is used'
    still, _, remarks = decode_image(encoded(form, first, **options))
    assert remarks == ()
    assert np.abs(img - still.astype(float)).mean() < (
        6 if form == 'gif' else 1
    )


@pytest.mark.parametrize(
    ('form', 'channels'),
    [('jp2', 1), ('jp2', 3), ('pgm', 1), ('ppm', 3), ('png', 1), ('png', 3)],
)
def test_values_of_more_bits_outside_of_tiffs(form, channels):
    # nothing that JPEG 2000 would lose
    values = np.zeros((64, 64, channels), np.uint16)
    values += np.arange(64, dtype=np.uint16)[:, None, None] * 4
    values[..., 0] = 255 - values[..., 0]
    content = cv2.imencode(f'.{form}', values * 257)[1].tobytes()
    img, _, remarks = decode_image(content)
    wanted = np.broadcast_to(values, (64, 64, 3))
    assert np.abs(img - wanted.astype(float)).mean() < 3
    assert remarks == ()
    content = cv2.imencode(f'.{form}', values * 16)[1].tobytes()
    _, _, (remark,) = decode_image(content)
    assert '--bit-depth' in remark
    img, _, _ = decode_image(content, bit_depth=12)
    assert np.abs(img - wanted.astype(float)).mean() < 5


def test_a_palette_that_is_not_there():
    content = encoded('png', Image.fromarray(RGB).convert('P'))
    place = content.index(b'PLTE') - 4
    length = 12 + int.from_bytes(content[place : place + 4], 'big')
    without = content[:place] + content[place + length :]
    assert decode_image(content).img.shape == RGB.shape
    with pytest.raises(ValueError, match='a palette that it lacks'):
        decode_image(without)


def test_programs_are_not_started():
    """Of PostScript, which Pillow hands to Ghostscript."""
    script = b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n'
    with pytest.raises(OSError, match='cannot identify'):
        decode_image(script)


def test_damaged_files_raise_what_is_declared():
    """Any other error would cost the images beside the damaged one."""
    rng = np.random.default_rng(1)
    grey = Image.fromarray(RGB[..., 0])
    deep = Image.fromarray(RGB[..., 0].astype(np.uint16) * 257)
    whole = [encoded(form) for form in ('png', 'bmp', 'gif', 'webp', 'tiff')]
    whole += [encoded('jpeg'), encoded('jpeg2000'), encoded('ppm')]
    whole += [encoded('tiff', deep), encoded('png', deep)]
    whole += [
        encoded('tiff', grey, save_all=True, append_images=[grey, grey]),
        encoded('tiff', compression='tiff_lzw'),
        encoded('png', save_all=True, append_images=[grey.convert('RGB')]),
    ]
    for content in whole:
        for _ in range(60):
            damaged = bytearray(content)
            # the header more often than the rest
            end = min(len(damaged), 400) if rng.random() < 0.7 else None
            for place in rng.integers(0, end or len(damaged), 3):
                damaged[place] = rng.integers(0, 256)
            try:
                img = decode_image(bytes(damaged)).img
            except DECODING_ERRORS:
                continue
            assert img.dtype == np.uint8 and img.shape[2] == 3
