import hashlib
import os
import re

import cv2
import numpy as np
import pytest
import tifffile
from pictures import picture, save
from PIL import Image

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_reading import read_image
from daffnet_mm.audit.cell_window import CELL
from daffnet_mm.audit.image_check import check_image


def test_a_plain_image(tmp_path):
    path = save(picture(0, 40, 30), tmp_path / 'a.jpg')
    facts = check_image(str(path))
    assert facts.fault is None and facts.remarks == []
    assert (facts.format, facts.mode, facts.bits) == ('JPEG', 'RGB', 8)
    assert (facts.width, facts.height) == (40, 30)
    assert facts.bytes == path.stat().st_size
    assert facts.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(facts.fingerprints) == [None]


def test_boxes_have_fingerprints_of_their_own(tmp_path):
    path = str(save(picture(0, 200, 200), tmp_path / 'a.png'))
    crop = save(
        picture(0, 200, 200).crop((20, 30, 90, 100)), tmp_path / 'b.png'
    )
    box = (20, 30, 90, 100)
    found = check_image(path, (None, box)).fingerprints
    assert set(found) == {None, box}
    (own,) = check_image(str(crop), ((0, 0, 70, 70),)).fingerprints.values()
    assert found[box].digest == own.digest != found[None].digest


def test_an_image_of_a_few_pixels_has_no_window_about_its_cell(tmp_path):
    img = np.full((16, 16, 3), 230, np.uint8)
    img[4:12, 4:12] = 180
    img[7:9, 7:9] = 60
    path = save(Image.fromarray(img), tmp_path / 'a.png')
    facts = check_image(str(path), (None, CELL))
    assert facts.fault is None
    assert not facts.fingerprints[CELL].detail.any()
    assert facts.fingerprints[None].detail.any()


@pytest.mark.parametrize('name', ['a.jpg', 'a.png', 'a.bmp', 'a.tif'])
@pytest.mark.parametrize('kept', [0.5, 0.9])
def test_truncated(tmp_path, name, kept):
    path = save(picture(0, 200, 200), tmp_path / name)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    facts = check_image(str(path))
    # Pillow reads the index at a TIFF's end first, and finds it missing.
    assert facts.fault in ('truncated', 'unreadable')
    assert name.endswith('tif') or facts.fault == 'truncated'
    assert facts.message and not facts.fingerprints


def test_a_jpeg_that_lacks_its_last_bytes_only(tmp_path):
    path = save(picture(0), tmp_path / 'a.jpg')
    path.write_bytes(path.read_bytes()[:-2])
    assert check_image(str(path)).fault == 'truncated'


def test_no_image_at_all(tmp_path):
    path = tmp_path / 'a.jpg'
    assert check_image(str(path)).fault == 'unreadable'
    path.touch()
    assert check_image(str(path)).fault == 'empty'
    path.write_text('<html>404</html>')
    facts = check_image(str(path))
    assert facts.fault == 'unreadable'
    assert 'of no image format that is read' in facts.message
    assert '0x' not in facts.message
    path.unlink()
    path.mkdir()
    assert check_image(str(path)).fault == 'unreadable'


@pytest.mark.parametrize(
    ('mode', 'name', 'remarks'),
    [
        ('CMYK', 'a.jpg', ['CMYK']),
        ('L', 'a.jpg', ['grey']),
        ('1', 'a.png', ['grey']),
        ('P', 'a.png', ['palette']),
        ('RGBA', 'a.png', ['alpha channel']),
        ('LA', 'a.png', ['grey', 'alpha channel']),
    ],
)
def test_unusual_channels(tmp_path, mode, name, remarks):
    path = save(picture(0).convert(mode), tmp_path / name)
    facts = check_image(str(path))
    assert facts.fault is None
    assert (facts.mode, facts.remarks) == (mode, remarks)


def test_joined_pages_are_no_grey_image(tmp_path):
    path = tmp_path / 'a.tif'
    values = np.asarray(picture(0)).transpose(2, 0, 1)
    tifffile.imwrite(path, values, imagej=True, metadata={'axes': 'CYX'})
    facts = check_image(str(path))
    assert (facts.fault, facts.mode, facts.remarks) == (None, 'RGB', [])


@pytest.mark.parametrize(
    ('size', 'said'),
    [
        ((16, 16), []),
        ((15, 40), 1),
        ((1, 1), 1),
        ((20, 80), []),
        ((20, 81), 1),
    ],
)
def test_what_can_be_no_cell(tmp_path, size, said):
    path = save(picture(0).resize(size), tmp_path / 'a.png')
    remarks = ['no shape of a picture of a cell'] if said else []
    assert check_image(str(path)).remarks == remarks


@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize('name', ['a.png', 'a.tif'])
def test_16_bits(tmp_path, name, channels):
    values = np.asarray(picture(0)).astype(np.uint16) * 257
    values = values[..., 0] if channels == 1 else values
    assert cv2.imwrite(str(tmp_path / name), values)
    facts = check_image(str(tmp_path / name))
    assert facts.fault is None
    assert facts.bits == 16 and '16 bits a channel' in facts.remarks


@pytest.mark.parametrize(
    ('values', 'fault'),
    [
        (np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64), None),
        (np.full((64, 64), 255, np.float32), 'unreadable'),
        (np.full((64, 64), 200, np.int32), 'unreadable'),
        (np.full((64, 64, 3), 0.5, np.float32), None),
        (np.full((64, 64, 3), 40, np.uint32), 'unreadable'),
    ],
)
def test_what_the_reader_refuses_is_a_fault(tmp_path, values, fault):
    path = tmp_path / 'a.tif'
    tifffile.imwrite(path, values)
    facts = check_image(str(path))
    assert facts.fault == fault
    assert (facts.format, facts.bits) == ('TIFF', 32)
    assert (facts.width, facts.height) == (64, 64)
    if fault is None:
        read_image(path)
    else:
        with pytest.raises(InputError, match=re.escape(facts.message)):
            read_image(path)


def test_a_pipe_is_a_fault(tmp_path):
    os.mkfifo(tmp_path / 'a.jpg')
    facts = check_image(str(tmp_path / 'a.jpg'))
    assert facts.fault == 'unreadable' and 'it is a pipe' in facts.message


def test_further_remarks(tmp_path):
    grey = picture(0).convert('L').convert('RGB')
    facts = check_image(str(save(grey, tmp_path / 'grey.png')))
    assert facts.remarks == ['grey stored as colour']
    path = save(picture(0), tmp_path / 'really.jpg', format='PNG')
    assert check_image(str(path)).remarks == ['PNG named .jpg']
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(picture(0), tmp_path / 'turned.jpg', exif=exif)
    assert check_image(str(path)).remarks == ['rotated by its EXIF data']
    path = save(
        picture(0),
        tmp_path / 'many.tif',
        save_all=True,
        append_images=[picture(1)],
    )
    assert check_image(str(path)).remarks == ['only page 1 of its 2 is used']


def test_names_of_any_letters(tmp_path):
    path = save(picture(0), tmp_path / 'Zélle 白血球' / 'größer.jpg')
    assert check_image(str(path)).fault is None
