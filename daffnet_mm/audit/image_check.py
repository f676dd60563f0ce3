"""What an audit notes about one image file."""

import hashlib
import io
import os.path as osp
import warnings
from dataclasses import dataclass, field, replace
from typing import Literal

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from daffnet_lite.fileio.image_decoding import (
    decode_image,
    readable_formats,
)
from daffnet_lite.fileio.image_limits import (
    LEAST_SIDE,
    LONGEST,
    MAX_PIXELS,
    max_bytes,
)
from daffnet_lite.fileio.image_reading import reason_of
from daffnet_lite.fileio.regular_files import read_regular
from daffnet_lite.fileio.tiff_pages import is_tiff

from .cell_window import CELL, cell_window
from .near_duplicates import (
    CELL_DECODED_SIZE,
    DECODED_SIZE,
    Fingerprint,
    fingerprint,
)

#: x1, y1, x2, y2 in pixels; None is the whole image.
Box = tuple[float, float, float, float] | None
#: What a fingerprint is of; CELL is the window about the cell in the middle.
Part = Box | Literal['cell']

_GREY = 'grey'
_GREY_MODES = ('1', 'L', 'LA', 'La', 'I', 'F')


@dataclass
class ImageFacts:
    """What is known of an image file.

    Attributes:
        bytes (int): Size of the file.
        digest (str): SHA-256 of the file, ``''`` if it cannot be opened.
        format (str): What the content is, such as ``'JPEG'``.
        mode (str): Pillow's name of the channels, such as ``'RGB'``.
        bits (int): Bits a channel.
        width (int): In pixels, as stored.
        height (int): In pixels, as stored.
        remarks (list[str]): What is unusual though readable.
        fault (str, optional): ``'empty'``, ``'truncated'`` or
            ``'unreadable'``.
        message (str): What the decoder said about the fault.
        fingerprints (dict[Part, Fingerprint]): By box, None for the whole
            image. Empty for a faulty file. That of ``CELL`` has no detail
            where no one cell is in the middle.
    """

    bytes: int = 0
    digest: str = ''
    format: str = ''
    mode: str = ''
    bits: int = 0
    width: int = 0
    height: int = 0
    remarks: list[str] = field(default_factory=list)
    fault: str | None = None
    message: str = ''
    fingerprints: dict[Part, Fingerprint] = field(default_factory=dict)


def check_image(
    path: str,
    boxes: tuple[Part, ...] = (None,),
    bit_depth: int | None = None,
    max_pixels: int | None = None,
) -> ImageFacts:
    """Read a file once, whatever is wrong with it.

    Whether it can be read is what the reader of the trainings says.

    Args:
        path (str): The image file.
        boxes (tuple[Part, ...]): The parts to take fingerprints of.
        bit_depth (int, optional): Bits that values of more than 8 bits use.
            Defaults to None: 16.
        max_pixels (int, optional): The most pixels. Defaults to None: 80
            million.

    Returns:
        ImageFacts: What was found; a fault is noted, never raised.
    """
    facts, content = ImageFacts(), b''
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    try:
        content = read_regular(path, max_bytes(limit))
        facts.bytes = len(content)
        if not content:
            facts.fault, facts.message = 'empty', 'the file has 0 bytes'
            return facts
        facts.digest = hashlib.sha256(content).hexdigest()
        with warnings.catch_warnings():
            # Unusual metadata, huge images: not what this is about.
            warnings.simplefilter('ignore')
            _describe(path, content, facts)
            _decode(content, boxes, facts, bit_depth, limit)
    # Decoders raise nearly anything on broken data, and an audit is there to
    # say so about every file.
    except Exception as error:
        facts.message = reason_of(error, content)
        facts.fault = (
            'truncated'
            if 'truncated' in facts.message.lower()
            else 'unreadable'
        )
        facts.fingerprints = {}
    return facts


def _describe(path: str, content: bytes, facts: ImageFacts) -> None:
    """Note what the header says."""
    try:
        image = Image.open(io.BytesIO(content), formats=readable_formats())
    except UnidentifiedImageError:
        if not is_tiff(content):
            raise
        # Of values that Pillow does not know.
        _describe_tiff(content, facts)
        return
    with image:
        facts.format, facts.mode = image.format or '', image.mode
        facts.width, facts.height = image.size
        facts.bits = _bits(image)
        facts.remarks = _remarks(path, image, facts.bits)


def _describe_tiff(content: bytes, facts: ImageFacts) -> None:
    from tifffile import TiffFile

    with TiffFile(io.BytesIO(content)) as tiff:
        page = tiff.pages[0]
        facts.format = 'TIFF'
        facts.mode = 'L' if page.samplesperpixel == 1 else 'RGB'
        facts.width, facts.height = page.imagewidth, page.imagelength
        facts.bits = page.bitspersample
        facts.remarks = [f'{facts.bits} bits a channel']


def _decode(
    content: bytes,
    boxes: tuple[Part, ...],
    facts: ImageFacts,
    bit_depth: int | None,
    max_pixels: int,
) -> None:
    # A whole JPEG may be decoded at a small scale, which reads the file to
    # its end all the same; boxes are in pixels of the full scale.
    size: int | None = None
    if set(boxes) <= {None, CELL}:
        size = CELL_DECODED_SIZE if CELL in boxes else DECODED_SIZE
    decoded = decode_image(
        content,
        size,
        bit_depth=bit_depth,
        max_pixels=max_pixels,
    )
    facts.remarks += decoded.remarks
    for box in boxes:
        part = cell_window(decoded.img) if box == CELL else box
        found = fingerprint(decoded, part)
        if box == CELL and part is None:
            found = replace(found, detail=np.zeros_like(found.detail))
        facts.fingerprints[box] = found
    colourless = _is_colourless(decoded.img)
    if facts.mode == 'RGB' and colourless:
        facts.remarks.append('grey stored as colour')
    # Pages of red, green and blue that were joined.
    if _GREY in facts.remarks and not colourless:
        facts.mode = 'RGB'
        facts.remarks.remove(_GREY)
    short, long = sorted(decoded.size)
    if short < LEAST_SIDE or long > LONGEST * short:
        facts.remarks.append('no shape of a picture of a cell')


def _bits(image: ImageFile) -> int:
    if image.mode == '1':
        return 1
    if image.mode in ('I', 'F'):
        return 32
    # Pillow shows a colour image of 16 bits as one of 8; only the raw mode of
    # its decoder tells.
    raw_modes = ' '.join(str(t[-1]) for t in getattr(image, 'tile', ()))
    return 16 if '16' in image.mode or ';16' in raw_modes else 8


def _remarks(path: str, image: Image.Image, bits: int) -> list[str]:
    remarks = []
    if bits > 8:
        remarks.append(f'{bits} bits a channel')
    if image.mode == 'CMYK':
        remarks.append('CMYK')
    elif image.mode in _GREY_MODES or image.mode.startswith('I;'):
        remarks.append(_GREY)
    elif image.mode == 'P':
        remarks.append('palette')
    if image.has_transparency_data:
        remarks.append('alpha channel')
    if image.getexif().get(0x0112, 1) != 1:
        remarks.append('rotated by its EXIF data')
    suffix = osp.splitext(path)[1].lower()
    expected = Image.registered_extensions().get(suffix)
    # MPO is what cameras make of JPEG.
    if (
        expected
        and expected != image.format
        and not (expected == 'JPEG' and image.format == 'MPO')
    ):
        remarks.append(f'{image.format} named {suffix}')
    return remarks


def _is_colourless(img: np.ndarray) -> bool:
    """Whether red, green and blue agree in a sample of the pixels."""
    height, width = (min(64, side) for side in img.shape[:2])
    small = cv2.resize(img, (width, height), interpolation=cv2.INTER_NEAREST)
    return bool((small == small[..., :1]).all())
