"""From an image file's bytes to 8-bit BGR, as fast as the file allows.

OpenCV decodes what it does fast and right: 8-bit grey and colour JPEG (at
reduced scale where that is enough), PNG and BMP, once a look at the header
has made sure that the file is whole. Everything else (CMYK, alpha, palettes,
16 bits, TIFF) goes the slow way through Pillow, which refuses what is broken.
"""

import functools
import io
import struct
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .image_limits import MAX_PIXELS, check_size, too_large
from .jpeg_header import is_jpeg, read_jpeg_header
from .pixel_values import to_eight_bits
from .tiff_pages import is_tiff, read_tiff

#: What Pillow may take a file for, whatever its name. Not among them are
#: those that start a program (EPS) or describe other files.
FORMATS = (
    'AVIF',
    'BMP',
    'DIB',
    'GIF',
    'JPEG',
    'JPEG2000',
    'PNG',
    'PPM',
    'TIFF',
    'WEBP',
)

#: What :func:`decode_image` raises for bytes that it cannot make an image of.
#: Decoders raise nearly anything on broken data.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    cv2.error,
)

_PNG = b'\x89PNG\r\n\x1a\n'
_ALPHA = ('LA', 'La', 'PA', 'RGBA', 'RGBa')
_ORIENTATION = 0x0112
_BITS_PER_SAMPLE = 0x0102
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


class DecodedImage(NamedTuple):
    """An image, and what is to be said of how it was read.

    Attributes:
        img (np.ndarray): BGR, uint8, of shape (H, W, 3).
        size (tuple[int, int]): Its height and width before any scaling.
        remarks (tuple[str, ...]): What a person should know: pages that were
            not used, values that leave most of the range empty.
    """

    img: np.ndarray
    size: tuple[int, int]
    remarks: tuple[str, ...] = ()


def decode_image(
    content: bytes,
    min_edge: int | None = None,
    box: Sequence[float] | None = None,
    bit_depth: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> DecodedImage:
    """Decode an image, or a box of it, to 8-bit BGR.

    A JPEG is decoded at 1/2, 1/4 or 1/8 of its size (by the decoder's own
    scaling, which averages) where the short edge stays at ``min_edge`` or
    above. EXIF's orientation is applied. Colour profiles are not: CMYK is
    converted by its plain formula. Alpha is composed on white, the background
    of a bright field. Values of more than 8 bits are scaled as
    :func:`~daffnet_lite.fileio.pixel_values.to_eight_bits` says. Of a TIFF's
    pages, those are joined that the file says to be red, green and blue;
    otherwise the first of several pages or frames is taken, with a remark.

    Args:
        content (bytes): The file.
        min_edge (int, optional): Short edge in pixels that is enough. None
            decodes at full size. Defaults to None.
        box (Sequence[float], optional): The part to return, x1, y1, x2, y2 in
            pixels of the upright image at full size, x2 and y2 exclusive. It
            is cut at the image's border. Defaults to None: all.
        bit_depth (int, optional): Bits that values of more than 8 bits use;
            cameras write 10, 12 or 14. Defaults to None: 16.
        max_pixels (int): The most pixels that are decoded. Defaults to
            ``MAX_PIXELS``: 80 million.

    Returns:
        DecodedImage: The image.

    Raises:
        ValueError: If the file is empty, truncated, too large or of a kind
            that has no 8-bit form, or the box lies outside; other
            ``DECODING_ERRORS`` come from the decoders.
    """
    if not content:
        raise ValueError('the file is empty')
    remarks: tuple[str, ...] = ()
    if is_jpeg(content):
        header = read_jpeg_header(content)
        if header.bits != 8:
            raise ValueError(
                f'JPEGs of {header.bits} bits are not supported; '
                'save it with 8 bits'
            )
        check_size(header.width, header.height, max_pixels)
        size = (header.height, header.width)
        divisor = _divisor(size, min_edge, box)
        if header.channels == 4:
            img, _ = _decode_by_pillow(content, None, max_pixels, divisor)
        else:
            img = _decode_by_opencv(content, _REDUCED[divisor])
        # Ceil, as JPEG scales. EXIF may have turned it by 90 degrees.
        if img.shape[:2] != (-(-size[0] // divisor), -(-size[1] // divisor)):
            size = size[::-1]
    else:
        plain = _plain_png_size(content) or _plain_bmp_size(content)
        if plain:
            check_size(*plain, max_pixels)
            img = _decode_by_opencv(content, cv2.IMREAD_COLOR)
        else:
            img, remarks = _decode_by_pillow(content, bit_depth, max_pixels)
        size = img.shape[:2]
    decoded = DecodedImage(img, size, remarks)
    return decoded if box is None else cut_box(decoded, box)


def image_to_bgr(
    image: Image.Image, bit_depth: int | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Convert a Pillow image as one in a file is converted.

    Args:
        image (Image): The image, in any mode.
        bit_depth (int, optional): Bits that values of more than 8 bits use.
            Defaults to None: 16.

    Returns:
        tuple[np.ndarray, tuple[str, ...]]: BGR, uint8, of shape (H, W, 3),
        and remarks.

    Raises:
        ValueError: If its values have no 8-bit form.
    """
    if image.mode[0] in 'IF':
        return values_to_bgr(
            np.asarray(image), bit_depth, image.getexif().get(_ORIENTATION, 1)
        )
    if image.mode in ('P', 'PA') and not image.getpalette():
        raise ValueError('its colours are numbers of a palette that it lacks')
    image = ImageOps.exif_transpose(image)
    if image.mode in _ALPHA or 'transparency' in image.info:
        image = image.convert('RGBA')
        white = Image.new('RGBA', image.size, 'white')
        image = Image.alpha_composite(white, image)
    rgb = np.asarray(image.convert('RGB'))
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), ()


def values_to_bgr(
    values: np.ndarray,
    bit_depth: int | None = None,
    orientation: int = 1,
    inverted: bool = False,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Convert pixel values of any type as those in a file are converted.

    Args:
        values (np.ndarray): Of shape (H, W) or (H, W, C): grey, grey and
            alpha, RGB or RGBA.
        bit_depth (int, optional): Bits that values of more than 8 bits use.
            Defaults to None: 16.
        orientation (int): EXIF's number. Defaults to 1: upright.
        inverted (bool): Whether 0 is white. Defaults to False.

    Returns:
        tuple[np.ndarray, tuple[str, ...]]: BGR, uint8, of shape (H, W, 3),
        and remarks.

    Raises:
        ValueError: If the values have no 8-bit form.
    """
    values, remarks = to_eight_bits(values, bit_depth)
    if inverted:
        values = 255 - values
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    image = Image.fromarray(np.ascontiguousarray(values))
    image.getexif()[_ORIENTATION] = orientation
    return image_to_bgr(image)[0], remarks


def cut_box(decoded: DecodedImage, box: Sequence[float]) -> DecodedImage:
    """Cut a box out of an image.

    Args:
        decoded (DecodedImage): The image, scaled or not.
        box (Sequence[float]): x1, y1, x2, y2 in pixels at full size.

    Returns:
        DecodedImage: The part.

    Raises:
        ValueError: If the box has no pixel in the image.
    """
    img, size, remarks = decoded
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
    return DecodedImage(part.copy(), (y2 - y1, x2 - x1), remarks)


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


def _plain_png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a whole PNG of 8-bit grey or colour."""
    if content[:8] != _PNG or len(content) < 57 or content[24] != 8:
        return None
    # Chunk tRNS makes one colour transparent, acTL announces frames; versions
    # of OpenCV differ in what they make of eXIf.
    before = content[33 : content.find(b'IDAT')]
    if (
        content[25] not in (0, 2)
        or content[-8:-4] != b'IEND'
        or b'tRNS' in before
        or b'acTL' in before
        or b'eXIf' in content
    ):
        return None
    return struct.unpack('>II', content[16:24])


def _plain_bmp_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a whole BMP of 24 bits that is not compressed."""
    if content[:2] != b'BM' or len(content) < 54:
        return None
    start, header, width, height = (
        int.from_bytes(content[i : i + 4], 'little', signed=True)
        for i in (10, 14, 18, 22)
    )
    bits = int.from_bytes(content[28:30], 'little')
    compression = int.from_bytes(content[30:34], 'little')
    row = (3 * width + 3) // 4 * 4
    if (
        header < 40
        or bits != 24
        or compression != 0
        or width <= 0
        or height == 0
        or len(content) < start + row * abs(height)
    ):
        return None
    return width, abs(height)


def _decode_by_opencv(content: bytes, flag: int) -> np.ndarray:
    img = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
    if img is None:
        raise ValueError('the decoder finds it broken')
    return img


def _decode_by_pillow(
    content: bytes,
    bit_depth: int | None,
    max_pixels: int,
    divisor: int = 1,
) -> tuple[np.ndarray, tuple[str, ...]]:
    try:
        image = _open(content, max_pixels)
    except UnidentifiedImageError:
        if not is_tiff(content):
            raise
        # Pillow knows no colours of more than 16 bits.
        return _decode_tiff(content, None, bit_depth, max_pixels)
    with image:
        check_size(*image.size, max_pixels)
        if divisor > 1:
            image.draft(
                image.mode, (image.width // divisor, image.height // divisor)
            )
        deep = _is_deep(image, content)
        frames = getattr(image, 'n_frames', 1)
        if image.format == 'TIFF' and (deep or frames > 1):
            return _decode_tiff(
                content, None if deep else image, bit_depth, max_pixels
            )
        # Of deep images to find what is broken: Pillow keeps the upper eight
        # bits of colours.
        image.load()
        if deep:
            return _decode_deep(image, content, bit_depth)
        img, remarks = image_to_bgr(image)
    # The second of a camera's two frames is a preview, or for a screen.
    if frames > 1 and image.format != 'MPO':
        remarks += (f'only frame 1 of its {frames} is used',)
    return img, remarks


def _open(content: bytes, max_pixels: int) -> Image.Image:
    if (
        Image.MAX_IMAGE_PIXELS is not None
        and max_pixels > Image.MAX_IMAGE_PIXELS
    ):
        # Pillow has one limit for the whole process. Somebody asked for more.
        Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        return Image.open(io.BytesIO(content), formats=readable_formats())
    except Image.DecompressionBombError as e:
        raise too_large('more', max_pixels) from e


@functools.cache
def readable_formats() -> tuple[str, ...]:
    """Those of :data:`FORMATS` that the installed Pillow can read."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _is_deep(image: Image.Image, content: bytes) -> bool:
    """Whether a colour has more than the 8 bits that Pillow keeps."""
    if image.format == 'JPEG2000':
        return _jpeg2000_bits(content) > 8
    if image.format == 'TIFF':
        tags = getattr(image, 'tag_v2', {})
        return max(tags.get(_BITS_PER_SAMPLE, (1,))) > 8
    coding = str([tile[3] for tile in getattr(image, 'tile', ())])
    return image.mode[0] in 'IF' or ';16' in coding or '65535' in coding


def _jpeg2000_bits(content: bytes) -> int:
    # The marker of the code stream's size, and 38 bytes behind it the bits of
    # the first component, less one.
    place = content.find(b'\xff\x51') + 40
    return (content[place] & 0x7F) + 1 if place < len(content) else 8


def _decode_deep(
    image: Image.Image, content: bytes, bit_depth: int | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    orientation = image.getexif().get(_ORIENTATION, 1)
    values: np.ndarray | None
    if image.format == 'PPM' and image.mode[0] in 'IF':
        values = np.asarray(image)
        if image.mode == 'I':  # scaled from the maximum in its header
            values = values.astype(np.uint16)
    else:
        values = cv2.imdecode(
            np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED
        )
        if values is None or values.dtype != np.uint16:
            raise ValueError(
                'this kind of 16-bit file is not supported; save it with 8 '
                'bits'
            )
        if values.ndim == 3:
            values = values[..., [2, 1, 0, 3][: values.shape[2]]]
    return values_to_bgr(values, bit_depth, orientation)


def _decode_tiff(
    content: bytes,
    first_page: Image.Image | None,
    bit_depth: int | None,
    max_pixels: int,
) -> tuple[np.ndarray, tuple[str, ...]]:
    tiff = read_tiff(content, first_page is None, max_pixels)
    if tiff.values is not None:
        img, remarks = values_to_bgr(
            tiff.values, bit_depth, tiff.orientation, tiff.inverted
        )
    else:
        assert first_page is not None
        img, remarks = image_to_bgr(first_page)
    return img, remarks + tiff.remarks
