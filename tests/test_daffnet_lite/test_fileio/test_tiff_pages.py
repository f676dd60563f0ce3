"""TIFFs as ImageJ, OME's programs and others write them, by tifffile."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from daffnet_lite.fileio.image_decoding import decode_image

RGB = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
PAGES = RGB.transpose(2, 0, 1)
CHANNELS = dict(photometric='minisblack', ome=True)


def tiff(values, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, values, **options)
    return file.getvalue()


def lut(primary):
    table = np.zeros((3, 256), np.uint8)
    table[primary] = np.arange(256)
    return table


def decoded(content, **options):
    """The image, red first, and what is said of it."""
    img, size, remarks = decode_image(content, **options)
    assert size == img.shape[:2]
    return img[..., ::-1], remarks


@pytest.mark.parametrize(
    'content',
    [
        tiff(PAGES, imagej=True, metadata=dict(axes='CYX')),
        tiff(PAGES, metadata=dict(axes='CYX'), **CHANNELS),
        tiff(
            PAGES,
            imagej=True,
            metadata=dict(axes='CYX', Labels=['Red', 'Green', 'Blue']),
        ),
        # an "RGB stack", and labels that are names of files
        tiff(
            PAGES,
            imagej=True,
            metadata=dict(axes='ZYX', Labels=['Red', 'Green', 'Blue']),
        ),
        tiff(
            PAGES,
            imagej=True,
            metadata=dict(axes='CYX', Labels=['1.tif', '2.tif', '3.tif']),
        ),
        # in other orders, by name or colour
        tiff(
            PAGES[::-1],
            metadata=dict(
                axes='CYX', Channel=dict(Name=['Blue', 'green', 'R'])
            ),
            **CHANNELS,
        ),
        tiff(
            PAGES[[1, 2, 0]],
            metadata=dict(
                axes='CYX',
                Channel=dict(Color=[0x00FF00FF, 0x0000FFFF, -0xFFFF01]),
            ),
            **CHANNELS,
        ),
        tiff(
            PAGES[::-1],
            imagej=True,
            metadata=dict(
                axes='CYX',
                mode='composite',
                LUTs=[lut(2), lut(1), lut(0)],
            ),
        ),
        # what programs write that know no colours
        tiff(
            PAGES,
            metadata=dict(axes='CYX', Channel=dict(Color=[-1, -1, -1])),
            **CHANNELS,
        ),
        tiff(RGB, photometric='rgb', imagej=True),
        tiff(PAGES, photometric='rgb', planarconfig='separate'),
    ],
)
def test_pages_that_are_red_green_and_blue(content):
    img, remarks = decoded(content)
    assert (img == RGB).all() and remarks == ()


@pytest.mark.parametrize(('dtype', 'factor'), [('u2', 257), ('f4', 1 / 255)])
@pytest.mark.parametrize(
    'options',
    [
        dict(photometric='minisblack', ome=True, metadata=dict(axes='CYX')),
        dict(photometric='rgb', planarconfig='separate'),
        dict(photometric='rgb', planarconfig='separate', byteorder='>'),
        dict(photometric='rgb', planarconfig='separate', compression='zlib'),
    ],
)
def test_pages_and_planes_of_more_bits(dtype, factor, options):
    content = tiff((PAGES.astype(float) * factor).astype(dtype), **options)
    img, remarks = decoded(content)
    assert (img == RGB).all() and remarks == ()


@pytest.mark.parametrize(('dtype', 'factor'), [('u2', 257), ('f8', 1 / 255)])
@pytest.mark.parametrize('tile', [None, (16, 16)])
@pytest.mark.parametrize('byteorder', ['<', '>'])
def test_colours_of_more_bits(dtype, factor, tile, byteorder):
    options = dict(tile=tile, byteorder=byteorder, photometric='rgb')
    values = (RGB.astype(float) * factor).astype(dtype)
    img, remarks = decoded(tiff(values, **options))
    assert (img == RGB).all() and remarks == ()
    # three quarters white, by alpha
    alpha = np.full((40, 50, 1), (255 * factor) / 4).astype(dtype)
    img, _ = decoded(
        tiff(
            np.concatenate([values, alpha], axis=2),
            extrasamples=['unassalpha'],
            **options,
        )
    )
    assert np.abs(img - (RGB / 4 + 191.25)).max() < 2


def test_white_as_zero():
    values = RGB[..., 0].astype(np.uint16) * 257
    img, _ = decoded(tiff(65535 - values, photometric='miniswhite'))
    assert (img == RGB[..., :1]).all()


def test_the_values_of_a_camera_in_pages():
    content = tiff(
        PAGES.astype(np.uint16) * 16, imagej=True, metadata=dict(axes='CYX')
    )
    img, (remark,) = decoded(content)
    assert '--bit-depth 12' in remark and img.max() <= 16
    img, remarks = decoded(content, bit_depth=12)
    assert remarks == () and np.abs(img - RGB.astype(int)).max() <= 1


@pytest.mark.parametrize(
    ('content', 'number'),
    [
        (tiff(np.stack([RGB, 255 - RGB]), photometric='rgb'), 2),
        (
            tiff(
                np.stack([PAGES, 255 - PAGES]),
                imagej=True,
                metadata=dict(axes='ZCYX'),
            ),
            2,
        ),
        (
            tiff(
                np.stack([RGB] * 4),
                photometric='rgb',
                ome=True,
                metadata=dict(axes='TYXS'),
            ),
            4,
        ),
    ],
)
def test_other_pages_are_counted(content, number):
    img, (remark,) = decoded(content)
    assert remark == f'only page 1 of its {number} is used'
    assert (img == RGB).all()


@pytest.mark.parametrize('axis', ['Z', 'T'])
def test_a_grey_stack_gives_its_first_page(axis):
    content = tiff(PAGES, imagej=True, metadata=dict(axes=f'{axis}YX'))
    img, (remark,) = decoded(content)
    assert remark == 'only page 1 of its 3 is used'
    assert (img == RGB[..., :1]).all()


def test_a_thumbnail_is_no_lost_page():
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(RGB, photometric='rgb')
        writer.write(RGB[::4, ::4], photometric='rgb', subfiletype=1)
    img, remarks = decoded(file.getvalue())
    assert (img == RGB).all() and remarks == ()


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (
            tiff(
                PAGES,
                metadata=dict(
                    axes='CYX', Channel=dict(Name=['DAPI', 'FITC', 'Cy5'])
                ),
                **CHANNELS,
            ),
            'DAPI, FITC, Cy5',
        ),
        (
            tiff(
                PAGES,
                imagej=True,
                metadata=dict(
                    axes='CYX',
                    mode='composite',
                    LUTs=[lut(0), lut(1), lut([0, 1])],
                ),
            ),
            'its 3 channels are not red, green and blue',
        ),
        (
            tiff(PAGES[:2], imagej=True, metadata=dict(axes='CYX')),
            'it has 2 channels',
        ),
        # three pages, and not a word of what they are
        (tiff(PAGES, photometric='minisblack'), '3 grey pages'),
        (
            tiff(PAGES, photometric='minisblack', metadata=None),
            '3 grey pages',
        ),
        (
            tiff(
                np.zeros((9, 9, 5), np.uint16),
                photometric='minisblack',
                planarconfig='contig',
            ),
            'it has 5 channels',
        ),
        (b'II*\0' + bytes(200), 'broken|cannot identify'),
    ],
)
def test_pages_that_are_no_picture_are_refused(content, message):
    with pytest.raises((ValueError, OSError), match=message):
        decode_image(content)


def test_pages_packed_by_lzw():
    """ImageJ's metadata on pages that only OpenCV can unpack."""
    first, *others = (Image.fromarray(page) for page in PAGES)
    file = io.BytesIO()
    first.save(
        file,
        'tiff',
        compression='tiff_lzw',
        save_all=True,
        append_images=others,
        description='ImageJ=1.53\nimages=3\nchannels=3\nmode=composite\n',
    )
    img, remarks = decoded(file.getvalue())
    assert (img == RGB).all() and remarks == ()


def test_large_pages_are_refused_before_they_are_read():
    content = tiff(PAGES, imagej=True, metadata=dict(axes='CYX'))
    with pytest.raises(ValueError, match='50 x 40 pixels, more than'):
        decode_image(content, max_pixels=1999)
    # pages that are small in the file alone
    packed = tiff(
        np.zeros((40, 100, 100), np.float32),
        photometric='minisblack',
        compression='zlib',
    )
    with pytest.raises(ValueError, match='pages of more than the limit'):
        decode_image(packed, max_pixels=10_000)
    # a header that lies of values that Pillow does not know
    content = tiff(np.zeros((8, 8, 3), np.float32), photometric='rgb')
    tags = tifffile.TiffFile(io.BytesIO(content)).pages[0].tags
    lying = bytearray(content)
    for name in ('ImageWidth', 'ImageLength'):
        place = tags[name].valueoffset
        lying[place : place + 2] = (65500).to_bytes(2, 'little')
    with pytest.raises(ValueError, match='65500 x 65500 pixels, more than'):
        decode_image(bytes(lying))
