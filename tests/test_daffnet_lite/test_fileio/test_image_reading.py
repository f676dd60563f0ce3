import io
import os

import numpy as np
import pytest
from PIL import Image

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_reading import read_image

RGB = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
GREY = RGB[..., 0]


@pytest.fixture
def path(tmp_path):
    Image.fromarray(RGB).save(tmp_path / 'cell.png')
    return tmp_path / 'cell.png'


def containers(path):
    content = path.read_bytes()
    return dict(
        text=str(path),
        path=path,
        content=content,
        buffer=bytearray(content),
        memory=io.BytesIO(content),
        file=open(path, 'rb'),
        pillow=Image.open(path),
        array=np.ascontiguousarray(RGB[..., ::-1]),
        view=RGB[..., ::-1],
    )


@pytest.mark.parametrize(
    'kind',
    [
        'text',
        'path',
        'content',
        'buffer',
        'memory',
        'file',
        'pillow',
        'array',
        'view',
    ],
)
def test_whatever_holds_an_image(path, kind):
    img, size, remarks = read_image(containers(path)[kind])
    assert (img[..., ::-1] == RGB).all()
    assert size == (40, 50) and remarks == ()
    part = read_image(containers(path)[kind], box=(10, 5, 30, 25)).img
    assert (part[..., ::-1] == RGB[5:25, 10:30]).all()


@pytest.mark.parametrize(
    ('image', 'wanted'),
    [
        (GREY, GREY),
        (GREY[..., None], GREY),
        (GREY.astype(np.uint16) * 257, GREY),
        (GREY / 255, GREY),
        (GREY > 99, 255 * (GREY > 99)),
        (Image.fromarray(GREY), GREY),
        (Image.fromarray(GREY.astype(np.uint16) * 257), GREY),
        (Image.fromarray((GREY / 255).astype(np.float32)), GREY),
        (Image.fromarray(GREY > 99), 255 * (GREY > 99)),
    ],
)
def test_grey_images(image, wanted):
    img = read_image(image).img
    assert img.dtype == np.uint8 and img.shape == (40, 50, 3)
    assert (img == wanted[..., None]).all()


def test_alpha_of_arrays_lies_on_white():
    bgra = np.array([[[200, 100, 0, 0], [200, 100, 0, 255]]], np.uint8)
    assert read_image(bgra).img.tolist() == [[[255] * 3, [200, 100, 0]]]


def test_a_turned_pillow_image(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / 'cell.png'
    Image.fromarray(RGB).save(path, exif=exif)
    assert read_image(path).size == (50, 40)
    assert (read_image(Image.open(path)).img == read_image(path).img).all()


def test_values_of_a_camera(tmp_path):
    values = RGB[..., ::-1].astype(np.uint16) * 16
    img, _, (remark,) = read_image(values)
    assert 'bit_depth=12' in remark and img.max() < 17
    assert read_image(values, bit_depth=12).img.max() > 250


@pytest.mark.parametrize(
    ('source', 'message'),
    [
        (None, 'not NoneType'),
        (5, 'not int'),
        ([GREY], 'not list'),
        (b'', 'the file is empty'),
        (b'no image', 'its content is of no image format'),
        (io.BytesIO(b''), 'the file is empty'),
        (io.StringIO('text'), "open it in mode 'rb'"),
        (np.zeros((0, 5, 3), np.uint8), r'empty: .* shape \(0, 5, 3\)'),
        (np.zeros((2, 5, 5, 3), np.uint8), r'the shape \(2, 5, 5, 3\)'),
        (np.zeros((5, 5, 2), np.uint8), '1, 3 or 4 channels'),
        (np.zeros(5, np.uint8), r'the shape \(5,\)'),
        (np.array(['a.png', 'b.png']), r'the shape \(2,\)'),
        (np.array([['a', 'b']]), 'are no pixels'),
        (np.full((5, 5), 255.0), 'of floats 0 is black and 1 is white'),
        (np.full((5, 5), 200), 'int64, of which none is known to be white'),
    ],
)
def test_what_is_no_image_gets_a_sentence(source, message):
    with pytest.raises(InputError, match=message) as caught:
        read_image(source)
    text = str(caught.value)
    assert text.startswith('the image cannot be read (')
    assert '\n' not in text and '0x' not in text


def test_files_are_named(tmp_path):
    def message(name, content=b''):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            read_image(path)
        return str(caught.value).replace(f'{tmp_path}/', '')

    assert message('a.jpg') == 'image a.jpg cannot be read (the file is empty)'
    assert message('none.jpg', None) == 'image none.jpg does not exist'
    assert message('a\n.jpg').startswith(r'image a\n.jpg cannot be read')
    assert message('a.jpg', b'<html>404</html>') == (
        'image a.jpg cannot be read (its content is of no image format that '
        'is read here)'
    )
    pointer = b'version https://git-lfs.github.com/spec/v1\noid sha256:0\n'
    assert 'run `git lfs pull`' in message('a.jpg', pointer)
    (tmp_path / 'folder.jpg').mkdir()
    assert 'Is a directory' in message('folder.jpg', None)
    os.mkfifo(tmp_path / 'pipe.jpg')
    assert 'it is a pipe' in message('pipe.jpg', None)
    (tmp_path / 'zero.jpg').symlink_to('/dev/zero')
    assert 'it is a device' in message('zero.jpg', None)
    assert 'embedded null' in message('\0.jpg', None)


def test_limits(path):
    with pytest.raises(InputError, match='50 x 40 pixels, more than'):
        read_image(path, max_pixels=1999)
    with pytest.raises(InputError, match='50 x 40 pixels, more than'):
        read_image(Image.open(path), max_pixels=1999)
    # a file of zeros that takes no room on the disk
    with open(path, 'r+b') as file:
        file.truncate(2**40)
    with pytest.raises(InputError, match='1099511627776 bytes, more than'):
        read_image(path)
    with pytest.raises(InputError, match='from 8 to 16'):
        read_image(path, bit_depth=20)
