"""From an image file's bytes to 8-bit BGR, as fast as the file allows.

OpenCV decodes what it does fast and right: 8-bit grey and colour JPEG (at
reduced scale where that is enough), PNG and BMP, once a look at the header
has made sure that the file is whole. Everything else (CMYK, alpha, palettes,
16 bits, TIFF) goes the slow way through Pillow, which refuses what is broken.
"""

import io
import struct
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageOps

from .jpeg_header import is_jpeg, read_jpeg_header

#: What :func:`decode_image` raises for bytes that it cannot make an image of.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    IndexError,
    KeyError,
    OverflowError,
    MemoryError,
    struct.error,
    cv2.error,
    Image.DecompressionBombError,
)

_PNG = b'\x89PNG\r\n\x1a\n'
_ALPHA = ('LA', 'La', 'PA', 'RGBA', 'RGBa')
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def decode_image(
    content: bytes,
    min_edge: int | None = None,
    box: Sequence[float] | None = None,
    bit_depth: int = 16,
) -> tuple[np.ndarray, tuple[int, int]]:
    """Decode an image, or a box of it, to 8-bit BGR.

    A JPEG is decoded at 1/2, 1/4 or 1/8 of its size (by the decoder's own
    scaling, which averages) where the short edge stays at ``min_edge`` or
    above. EXIF's orientation is applied. Colour profiles are not: CMYK is
    converted by its plain formula. Alpha is composed on white, the background
    of a bright field. Of 16 bits, 0 to ``2**bit_depth - 1`` become 0 to 255.
    Of several frames the first is taken.

    Args:
        content (bytes): The file.
        min_edge (int, optional): Short edge in pixels that is enough. None
            decodes at full size. Defaults to None.
        box (Sequence[float], optional): The part to return, x1, y1, x2, y2 in
            pixels of the upright image at full size, x2 and y2 exclusive. It
            is cut at the image's border. Defaults to None: all.
        bit_depth (int): Bits that values of a 16-bit file use; cameras write
            10, 12 or 14. Defaults to 16.

    Returns:
        tuple[np.ndarray, tuple[int, int]]: The image, uint8 of shape
        (H, W, 3), and its height and width before the scaling.

    Raises:
        ValueError: If the file is empty, truncated or of a kind that has no
            8-bit form, or the box lies outside; other ``DECODING_ERRORS``
            come from the decoders.
    """
    if not content:
        raise ValueError('the file is empty')
    if is_jpeg(content):
        header = read_jpeg_header(content)
        if header.bits != 8:
            raise ValueError(
                f'JPEGs of {header.bits} bits are not supported; '
                'save it with 8 bits'
            )
        size = (header.height, header.width)
        divisor = _divisor(size, min_edge, box)
        if header.channels == 4:
            img = _decode_by_pillow(content, bit_depth, divisor)
        else:
            img = _decode_by_opencv(content, _REDUCED[divisor])
        # Ceil, as JPEG scales. EXIF may have turned it by 90 degrees.
        if img.shape[:2] != (-(-size[0] // divisor), -(-size[1] // divisor)):
            size = size[::-1]
    else:
        if _is_plain_png(content) or _is_plain_bmp(content):
            img = _decode_by_opencv(content, cv2.IMREAD_COLOR)
        else:
            img = _decode_by_pillow(content, bit_depth)
        size = img.shape[:2]
    return (img, size) if box is None else _cut(img, size, box)


def _divisor(
    size: tuple[int, int], min_edge: int | None, box: Sequence[float] | None
) -> int:
    """By how much a JPEG may be scaled down."""
    if min_edge is None:
        return 1
    edge = min(size)
    if box is not None:
        # Whether EXIF turns the image is not known yet: the worse case.
        edge = min(
            min(y2 - y1, x2 - x1)
            for x1, y1, x2, y2 in (_clip(size, box), _clip(size[::-1], box))
        )
    for divisor in (8, 4, 2):
        if -(-edge // divisor) >= min_edge:
            return divisor
    return 1


def _clip(size: tuple[int, int], box: Sequence[float]) -> tuple[int, ...]:
    height, width = size
    x1, y1, x2, y2 = box
    return (
        max(int(np.floor(x1)), 0),
        max(int(np.floor(y1)), 0),
        min(int(np.ceil(x2)), width),
        min(int(np.ceil(y2)), height),
    )


def _cut(
    img: np.ndarray, size: tuple[int, int], box: Sequence[float]
) -> tuple[np.ndarray, tuple[int, int]]:
    x1, y1, x2, y2 = _clip(size, box)
    if x1 >= x2 or y1 >= y2:
        raise ValueError(
            f'box {tuple(box)} (x1, y1, x2, y2) has no pixel in '
            f'an image of {size[1]} x {size[0]} pixels'
        )
    fy, fx = img.shape[0] / size[0], img.shape[1] / size[1]
    part = img[
        int(y1 * fy) : int(np.ceil(y2 * fy)),
        int(x1 * fx) : int(np.ceil(x2 * fx)),
    ]
    # A copy, for the view would keep the whole field in memory.
    return part.copy(), (y2 - y1, x2 - x1)


def _is_plain_png(content: bytes) -> bool:
    """Whether a PNG is whole, 8-bit grey or colour, and has no alpha."""
    if content[:8] != _PNG or len(content) < 57 or content[24] != 8:
        return False
    # Chunk tRNS makes one colour transparent; versions of OpenCV differ in
    # what they make of eXIf.
    return (
        content[25] in (0, 2)
        and content[-8:-4] == b'IEND'
        and b'tRNS' not in content[33 : content.find(b'IDAT')]
        and b'eXIf' not in content
    )


def _is_plain_bmp(content: bytes) -> bool:
    """Whether a BMP is whole, 24-bit and not compressed."""
    if content[:2] != b'BM' or len(content) < 54:
        return False
    start, header, width, height = (
        int.from_bytes(content[i : i + 4], 'little', signed=True)
        for i in (10, 14, 18, 22)
    )
    bits = int.from_bytes(content[28:30], 'little')
    compression = int.from_bytes(content[30:34], 'little')
    row = (3 * width + 3) // 4 * 4
    return (
        header >= 40
        and bits == 24
        and compression == 0
        and width > 0
        and height != 0
        and len(content) >= start + row * abs(height)
    )


def _decode_by_opencv(content: bytes, flag: int) -> np.ndarray:
    img = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    if img is None:
        raise ValueError('the decoder finds it broken')
    return img


def _decode_by_pillow(
    content: bytes, bit_depth: int, divisor: int = 1
) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        if divisor > 1:
            image.draft(
                image.mode, (image.width // divisor, image.height // divisor)
            )
        sixteen_bits = ';16' in str([tile[3] for tile in image.tile])
        image.load()
        if sixteen_bits:
            # Loaded only to find what is broken: Pillow keeps the upper
            # eight bits, or shows grey cut at 255.
            orientation = image.getexif()
            image = _sixteen_bits(content, bit_depth)
            image.getexif().update(orientation)
        if image.mode in ('I', 'F'):
            raise ValueError(
                'its values have 32 bits, of which none is known '
                'to be white; save it with 8 or 16 bits'
            )
        image = ImageOps.exif_transpose(image)
        if image.mode in _ALPHA or 'transparency' in image.info:
            image = image.convert('RGBA')
            white = Image.new('RGBA', image.size, 'white')
            image = Image.alpha_composite(white, image)
        rgb = np.asarray(image.convert('RGB'))
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)


def _sixteen_bits(content: bytes, bit_depth: int) -> Image.Image:
    values = cv2.imdecode(
        np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED
    )
    if values is None or values.dtype != np.uint16:
        raise ValueError(
            'this kind of 16-bit file is not supported; save it with 8 bits'
        )
    white = 2**bit_depth - 1
    img = np.rint(np.minimum(values, white) * (255 / white)).astype(np.uint8)
    if img.ndim == 3:
        img = img[..., [2, 1, 0, 3][: img.shape[2]]]  # to RGB(A)
    return Image.fromarray(np.ascontiguousarray(img))
