import cv2
import numpy as np
import pytest
import tifffile
from pictures import picture
from slides import write_slide

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import tiff_windows
from daffnet_lite.fileio.tiff_windows import open_windows

SIZE = (700, 900)


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch):
    monkeypatch.setattr(tiff_windows, 'LEAST_PIXELS', 1000)


@pytest.fixture(scope='module')
def image():
    return np.asarray(picture(0, *SIZE[::-1]))[..., ::-1].copy()


def tiff(kind):
    def write(path, image):
        options = dict(
            tiles=dict(tile=(256, 256)),
            deflated=dict(tile=(128, 256), compression='zlib'),
            strips=dict(rowsperstrip=64),
        )[kind]
        tifffile.imwrite(path, image[..., ::-1], photometric='rgb', **options)
        return path

    return write


def slide(kind):
    return lambda path, image: write_slide(path, image, kind=kind)


@pytest.mark.parametrize(
    ('write', 'off'),
    [
        *((tiff(kind), 0) for kind in ('tiles', 'deflated', 'strips')),
        *((slide(kind), 16) for kind in ('ycbcr', 'rgb')),
        *((slide(f'{kind}-tables'), 16) for kind in ('ycbcr', 'rgb')),
    ],
)
def test_windows_are_those_of_the_image(write, off, image, tmp_path):
    with open_windows(write(tmp_path / 'slide.svs', image)) as slide:
        assert slide.shape == SIZE
        for x1, y1, x2, y2 in (
            (0, 0, 900, 700),
            (100, 200, 850, 690),
            (256, 256, 512, 512),
            (899, 699, 900, 700),
        ):
            window = slide.read(x1, y1, x2, y2).astype(int)
            assert np.abs(window - image[y1:y2, x1:x2]).max() <= off
        small = slide.reduced(300).astype(int)
        wanted = cv2.resize(image, (300, 233), interpolation=cv2.INTER_AREA)
        assert np.abs(small - wanted).mean() < 2 + off


def test_where_no_tile_is_the_glass_is_white(image, tmp_path):
    path = write_slide(tmp_path / 'slide.tif', image, empty=(1,))
    with open_windows(path) as slide:
        assert (slide.read(256, 0, 512, 256) == 255).all()
        assert (slide.read(0, 0, 256, 256) != 255).any()


def test_bands_fit_together(image, tmp_path, monkeypatch):
    path = tiff('tiles')(tmp_path / 'slide.tif', image)
    with open_windows(path) as slide:
        whole = slide.reduced(900)
        monkeypatch.setattr(tiff_windows, 'MOST_IN_SEGMENT', 20_000)
        np.testing.assert_array_equal(slide.reduced(900), whole)


def test_what_is_read_whole(image, tmp_path, monkeypatch):
    one_strip = tmp_path / 'one.tif'
    monkeypatch.setattr(tiff_windows, 'MOST_IN_SEGMENT', 100_000)
    tifffile.imwrite(one_strip, image, photometric='rgb', rowsperstrip=700)
    deep = tmp_path / 'deep.tif'
    tifffile.imwrite(deep, image.astype(np.uint16), tile=(256, 256))
    no_tiff = tmp_path / 'image.png'
    cv2.imwrite(str(no_tiff), image)
    broken = tmp_path / 'broken.tif'
    broken.write_bytes(b'II*\0' + bytes(9))
    for path in (one_strip, deep, no_tiff, broken, tmp_path / 'gone.tif'):
        assert open_windows(path) is None
    small = tiff('tiles')(tmp_path / 'small.tif', image)
    monkeypatch.setattr(tiff_windows, 'LEAST_PIXELS', 10**6)
    assert open_windows(small) is None


def test_a_broken_tile_is_one_sentence(image, tmp_path):
    path = write_slide(tmp_path / 'slide.svs', image)
    content = bytearray(path.read_bytes())
    content[8:2000] = bytes(1992)
    path.write_bytes(content)
    with (
        open_windows(path) as slide,
        pytest.raises(InputError, match=r'slide .*slide\.svs cannot be read'),
    ):
        slide.read(0, 0, 300, 300)


@pytest.mark.parametrize('pages', [2, 3])
def test_several_pages_are_read_whole(image, tmp_path, pages):
    """The first alone would be one channel, or slice, of them."""
    path = tmp_path / 'planes.tif'
    planes = np.stack([image[..., 0]] * pages)
    tifffile.imwrite(path, planes, photometric='minisblack', tile=(256, 256))
    assert open_windows(path) is None
    channels = tmp_path / 'channels.ome.tif'
    tifffile.imwrite(
        channels,
        planes,
        ome=True,
        photometric='minisblack',
        tile=(256, 256),
        metadata=dict(axes='CYX'),
    )
    assert open_windows(channels) is None
