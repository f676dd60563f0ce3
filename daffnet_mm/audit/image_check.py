"""What an audit notes about one image file."""

import hashlib
import io
import os.path as osp
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageChops
from PIL.ImageFile import ImageFile

from .near_duplicates import Fingerprint, fingerprint

Image.init()

#: x1, y1, x2, y2 in pixels; None is the whole image.
Box = tuple[float, float, float, float] | None

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
        fingerprints (dict[Box, Fingerprint]): By box, None for the whole
            image. Empty for a faulty file.
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
    fingerprints: dict[Box, Fingerprint] = field(default_factory=dict)


def check_image(path: str, boxes: tuple[Box, ...] = (None,)) -> ImageFacts:
    """Read a file once, whatever is wrong with it.

    Args:
        path (str): The image file.
        boxes (tuple[Box, ...]): The parts to take fingerprints of.

    Returns:
        ImageFacts: What was found; a fault is noted, never raised.
    """
    facts = ImageFacts()
    try:
        content = Path(path).read_bytes()
        facts.bytes = len(content)
        if not content:
            facts.fault, facts.message = 'empty', 'the file has 0 bytes'
            return facts
        facts.digest = hashlib.sha256(content).hexdigest()
        with warnings.catch_warnings():
            # Unusual metadata, huge images: not what this is about.
            warnings.simplefilter('ignore')
            _decode(path, content, boxes, facts)
    # Decoders raise nearly anything on broken data, and an audit is there to
    # say so about every file.
    except Exception as error:
        facts.message = ' '.join(f'{type(error).__name__}: {error}'.split())
        # Pillow's message names a buffer in memory, which tells nobody more.
        if 'cannot identify image file' in facts.message:
            facts.message = 'the content is of no known image format'
        facts.fault = (
            'truncated'
            if 'truncated' in facts.message.lower()
            else 'unreadable'
        )
        facts.fingerprints = {}
    return facts


def _decode(
    path: str, content: bytes, boxes: tuple[Box, ...], facts: ImageFacts
) -> None:
    with Image.open(io.BytesIO(content)) as image:
        facts.format, facts.mode = image.format, image.mode
        facts.width, facts.height = image.size
        facts.bits = _bits(image)
        facts.remarks = _remarks(path, image, facts.bits)
        # Some cut files decode without a complaint: Pillow is content when
        # the last row is complete.
        if image.format == 'JPEG' and b'\xff\xd9' not in content[-4096:]:
            facts.remarks.append('JPEG without its end marker')
        # A whole JPEG may be decoded at a small scale, which reads the file
        # to its end all the same; boxes are in pixels of the full scale.
        if boxes != (None,):
            image.load()
        for box in boxes:
            facts.fingerprints[box] = fingerprint(image, box)
        if image.mode == 'RGB' and _is_colourless(image):
            facts.remarks.append('grey stored as colour')


def _bits(image: ImageFile) -> int:
    if image.mode == '1':
        return 1
    if image.mode in ('I', 'F'):
        return 32
    # Pillow shows a colour image of 16 bits as one of 8; only the raw mode of
    # its decoder tells.
    raw_modes = ' '.join(str(tile[-1]) for tile in image.tile)
    return 16 if '16' in image.mode or ';16' in raw_modes else 8


def _remarks(path: str, image: Image.Image, bits: int) -> list[str]:
    remarks = []
    if bits > 8:
        remarks.append(f'{bits} bits a channel')
    if image.mode == 'CMYK':
        remarks.append('CMYK')
    elif image.mode in _GREY_MODES or image.mode.startswith('I;'):
        remarks.append('grey')
    elif image.mode == 'P':
        remarks.append('palette')
    if image.has_transparency_data:
        remarks.append('alpha channel')
    if (frames := getattr(image, 'n_frames', 1)) > 1:
        remarks.append(f'{frames} frames')
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


def _is_colourless(image: Image.Image) -> bool:
    """Whether red, green and blue agree in a sample of the pixels."""
    small = image.resize(
        (min(64, image.width), min(64, image.height)), Image.Resampling.NEAREST
    )
    red, green, blue = small.split()
    return not any(
        ImageChops.difference(red, other).getbbox() for other in (green, blue)
    )
