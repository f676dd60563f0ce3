import hashlib

import cv2
import numpy as np
import pytest
from pictures import picture, save
from PIL import Image

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
    facts = check_image(str(path))
    assert (
        facts.fault == 'truncated'
        or 'JPEG without its end marker' in facts.remarks
    )


def test_no_image_at_all(tmp_path):
    path = tmp_path / 'a.jpg'
    assert check_image(str(path)).fault == 'unreadable'
    path.touch()
    assert check_image(str(path)).fault == 'empty'
    path.write_text('<html>404</html>')
    facts = check_image(str(path))
    assert facts.fault == 'unreadable'
    assert facts.message == 'the content is of no known image format'
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


@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize('name', ['a.png', 'a.tif'])
def test_16_bits(tmp_path, name, channels):
    values = np.asarray(picture(0)).astype(np.uint16) * 257
    values = values[..., 0] if channels == 1 else values
    assert cv2.imwrite(str(tmp_path / name), values)
    facts = check_image(str(tmp_path / name))
    if facts.fault:
        # Pillow does not decode such a TIFF, and neither would a training.
        assert name == 'a.tif' and channels == 3
    else:
        assert facts.bits == 16 and '16 bits a channel' in facts.remarks


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
    assert check_image(str(path)).remarks == ['2 frames']


def test_names_of_any_letters(tmp_path):
    path = save(picture(0), tmp_path / 'Zélle 白血球' / 'größer.jpg')
    assert check_image(str(path)).fault is None
