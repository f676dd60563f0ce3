import io
import os
import warnings

import cv2
import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS
from PIL import Image, ImageOps

from daffnet_lite.errors import InputError, InputWarning


@pytest.fixture
def load():
    return TRANSFORMS.build(dict(type='LoadCellImage'))


def loaded(path, box=None, **kwargs):
    results = dict(img_path=str(path))
    if box is not None:
        results['box'] = box
    return TRANSFORMS.build(dict(type='LoadCellImage', **kwargs))(results)


def smooth(height, width, seed=0):
    """An RGB image without detail finer than a few pixels."""
    coarse = np.random.default_rng(seed).integers(
        60, 200, (height // 40 + 2, width // 40 + 2, 3), np.uint8
    )
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def broken(path, **kwargs):
    """The one sentence with which a file is refused."""
    with pytest.raises(InputError) as caught:
        loaded(path, **kwargs)
    message = str(caught.value)
    assert message.startswith(f'image {path} cannot be read (')
    assert '\n' not in message and '0x' not in message
    return message


@pytest.mark.parametrize('suffix', ['png', 'bmp', 'jpg'])
def test_blue_comes_first(tmp_path, load, suffix):
    path = tmp_path / f'cell.{suffix}'
    Image.new('RGB', (30, 20), (250, 120, 10)).save(path)
    results = load(dict(img_path=str(path), gt_label=3))
    assert results['img'].shape == (20, 30, 3)
    assert results['img'].dtype == np.uint8
    assert np.abs(results['img'] - np.array([10.0, 120.0, 250.0])).max() < 4
    assert results['img_shape'] == results['ori_shape'] == (20, 30)
    assert results['gt_label'] == 3


def test_a_vanished_image(tmp_path, load):
    path = tmp_path / 'cell.png'
    with pytest.raises(InputError, match=f'image {path} does not exist'):
        load(dict(img_path=str(path)))


def test_what_an_inferencer_loaded_passes(load):
    img = np.zeros((4, 5, 3), np.uint8)
    assert load(dict(img=img))['img'] is img


@pytest.mark.parametrize(
    'options',
    [
        dict(min_edge=0),
        dict(margin=-0.1),
        dict(bit_depth=17),
        dict(max_pixels=0),
    ],
)
def test_arguments_out_of_range(options):
    with pytest.raises(InputError, match=f'{next(iter(options))}='):
        TRANSFORMS.build(dict(type='LoadCellImage', **options))


# Reduced scale


@pytest.mark.parametrize('progressive', [False, True])
@pytest.mark.parametrize(
    ('min_edge', 'divisor'),
    [
        (None, 1),
        (999, 1),
        (501, 1),
        (500, 2),
        (251, 2),
        (250, 4),
        (126, 4),
        (125, 8),
        (1, 8),
    ],
)
def test_the_smallest_scale_that_is_enough(
    tmp_path, min_edge, divisor, progressive
):
    path = tmp_path / 'cell.jpg'
    Image.fromarray(smooth(1200, 999)).save(
        path, quality=95, progressive=progressive
    )
    results = loaded(path, min_edge=min_edge)
    shape = (-(-1200 // divisor), -(-999 // divisor))
    assert results['img'].shape == (*shape, 3)
    assert results['img_shape'] == shape
    assert results['ori_shape'] == (1200, 999)
    full = cv2.imread(str(path))
    averaged = cv2.resize(full, shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(results['img'] - averaged.astype(float)).mean() < 1


def test_at_full_scale_it_is_the_default(tmp_path, load):
    path = tmp_path / 'cell.jpg'
    noise = np.random.default_rng(0).integers(0, 255, (61, 83, 3), np.uint8)
    Image.fromarray(noise).save(path, quality=90)
    default = TRANSFORMS.build(dict(type='LoadImageFromFile'))
    wanted = default(dict(img_path=str(path)))['img']
    assert (load(dict(img_path=str(path)))['img'] == wanted).all()


@pytest.mark.parametrize('suffix', ['png', 'bmp', 'tif'])
def test_other_formats_stay_at_full_scale(tmp_path, suffix):
    path = tmp_path / f'cell.{suffix}'
    rgb = smooth(160, 200)
    Image.fromarray(rgb).save(path)
    assert (loaded(path, min_edge=10)['img'] == rgb[..., ::-1]).all()


# Boxes


def numbered(path, height=100, width=120):
    """An image whose pixels hold their row and column."""
    img = np.zeros((height, width, 3), np.uint8)
    img[..., 0] = np.arange(height)[:, None]
    img[..., 1] = np.arange(width)
    cv2.imwrite(str(path), img)
    return img


@pytest.mark.parametrize('suffix', ['png', 'bmp'])
def test_a_box_is_cut_out(tmp_path, suffix):
    img = numbered(tmp_path / f'field.{suffix}')
    results = loaded(tmp_path / f'field.{suffix}', box=(10, 20, 50, 50))
    assert (results['img'] == img[20:50, 10:50]).all()
    assert results['img_shape'] == results['ori_shape'] == (30, 40)


def test_margin_and_border(tmp_path):
    img = numbered(tmp_path / 'field.png')
    path = tmp_path / 'field.png'
    # a tenth of 40 columns and of 30 rows
    part = loaded(path, box=(10, 20, 50, 50), margin=0.1)['img']
    assert (part == img[17:53, 6:54]).all()
    part = loaded(path, box=(100, 90, 120, 100), margin=0.5)['img']
    assert (part == img[85:100, 90:120]).all()


@pytest.mark.parametrize(
    'box',
    [(120, 0, 130, 10), (50, 50, 50, 60), (60, 50, 50, 60), (-20, -20, 0, 0)],
)
def test_a_box_without_pixels(tmp_path, box):
    numbered(tmp_path / 'field.png')
    message = broken(tmp_path / 'field.png', box=box)
    assert f'box {box}' in message and '120 x 100 pixels' in message


def test_the_scale_is_that_of_the_box(tmp_path):
    path = tmp_path / 'field.jpg'
    rgb = smooth(800, 1000)
    Image.fromarray(rgb).save(path, quality=95)
    results = loaded(path, box=(200, 160, 600, 480), min_edge=80)
    assert results['img'].shape == (80, 100, 3)
    assert results['ori_shape'] == (320, 400)
    part = cv2.resize(
        cv2.imread(str(path))[160:480, 200:600],
        (100, 80),
        interpolation=cv2.INTER_AREA,
    )
    assert np.abs(results['img'] - part.astype(float)).mean() < 1.5
    assert loaded(path, box=(0, 0, 80, 80), min_edge=80)['img'].shape[0] == 80


# What cannot be read


@pytest.mark.parametrize('suffix', ['png', 'bmp', 'jpg', 'tif'])
@pytest.mark.parametrize('share', [0.0, 0.01, 0.5, 0.95])
def test_a_part_of_an_image(tmp_path, suffix, share):
    path = tmp_path / f'cell.{suffix}'
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3))
    Image.fromarray(noise.astype(np.uint8)).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    message = broken(path, min_edge=20)
    assert share or 'the file is empty' in message


@pytest.mark.parametrize('progressive', [False, True])
@pytest.mark.parametrize('cut', [1, 2, 3, 30, 500])
def test_a_jpeg_that_lacks_its_end(tmp_path, progressive, cut):
    path = tmp_path / 'cell.jpg'
    Image.fromarray(smooth(200, 300)).save(
        path, quality=95, progressive=progressive
    )
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert 'truncated JPEG: it has no end marker' in broken(path)
    # an interrupted copy often leaves the right size and zeros
    path.write_bytes(whole[:-cut] + bytes(cut))
    assert 'truncated JPEG' in broken(path)
    # some cameras write more after the end
    path.write_bytes(whole + bytes(cut))
    assert loaded(path)['img'].shape == (200, 300, 3)


def test_the_end_of_a_thumbnail_is_not_that_of_the_image(tmp_path):
    path = tmp_path / 'cell.jpg'
    Image.fromarray(smooth(200, 300)).save(path, quality=95)
    whole = path.read_bytes()
    thumbnail = io.BytesIO()
    Image.new('RGB', (8, 8)).save(thumbnail, 'jpeg')
    extra = b'Exif\0\0' + thumbnail.getvalue()
    segment = b'\xff\xe1' + (len(extra) + 2).to_bytes(2, 'big') + extra
    whole = whole[:2] + segment + whole[2:]
    path.write_bytes(whole)
    assert loaded(path)['img'].shape == (200, 300, 3)
    path.write_bytes(whole[:-100])
    assert 'no end marker' in broken(path)


@pytest.mark.parametrize(
    'content',
    [
        b'not an image',
        b'\xff\xd8\xff',
        b'\xff\xd8\xff\xe0\x00\x10JFIF' * 9,
        b'\x89PNG\r\n\x1a\n' + bytes(80),
        b'BM' + bytes(80),
        b'II*\0' + bytes(80),
        b'GIF89a' + bytes(80),
    ],
)
def test_no_image(tmp_path, content):
    path = tmp_path / 'cell.jpg'
    path.write_bytes(content)
    broken(path)


def test_names_that_the_system_refuses(tmp_path):
    (tmp_path / 'folder.jpg').mkdir()
    assert 'directory' in broken(tmp_path / 'folder.jpg')
    os.symlink('loop.jpg', tmp_path / 'loop.jpg')
    assert 'symbolic links' in broken(tmp_path / 'loop.jpg')
    assert 'too long' in broken(tmp_path / ('x' * 300 + '.jpg'))


def test_non_ascii_and_long_names(tmp_path, load):
    folder = tmp_path.joinpath(*['клетка白血球' * 4] * 8)
    folder.mkdir(parents=True)
    path = folder / 'Zelle für Übung.jpg'
    Image.new('RGB', (8, 9)).save(path)
    assert load(dict(img_path=str(path)))['img'].shape == (9, 8, 3)


# All kinds of pixels


@pytest.mark.parametrize(
    'mode', ['L', '1', 'P', 'RGBA', 'LA', 'CMYK', 'YCbCr']
)
@pytest.mark.parametrize('suffix', ['png', 'bmp', 'jpg', 'tif'])
def test_modes(tmp_path, load, mode, suffix):
    path = tmp_path / f'cell.{suffix}'
    if mode == 'CMYK':
        # Pillow's own way back is the reference; there and back loses colour
        image = Image.fromarray(255 - smooth(80, 100)).convert(mode)
    elif mode == 'LA':
        image = Image.fromarray(smooth(80, 100)).convert('RGBA').convert(mode)
    else:
        image = Image.fromarray(smooth(80, 100)).convert(mode)
    try:
        image.save(path, **dict(quality=95) if suffix == 'jpg' else {})
        Image.open(path).load()  # Pillow 12 writes TIFFs it cannot read
    except OSError:
        pytest.skip(f'there is no {mode} in a .{suffix}')
    img = load(dict(img_path=str(path)))['img']
    wanted = np.asarray(image.convert('RGB'))[..., ::-1]
    assert img.shape == (80, 100, 3) and img.dtype == np.uint8
    tolerance = 3 if suffix == 'jpg' and mode != '1' else 1
    assert np.abs(img - wanted.astype(float)).mean() < tolerance


def test_cmyk_at_reduced_scale(tmp_path):
    path = tmp_path / 'cell.jpg'
    # half cyan; magenta; no yellow; a fifth black
    Image.new('CMYK', (160, 120), (128, 255, 0, 51)).save(path, quality=98)
    results = loaded(path, min_edge=60)
    assert results['img'].shape == (60, 80, 3)
    assert results['ori_shape'] == (120, 160)
    wanted = [204, 0, 127 * 204 // 255]
    assert np.abs(results['img'] - np.array(wanted, float)).max() < 6


def test_alpha_lies_on_white(tmp_path, load):
    path = tmp_path / 'cell.png'
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[..., :3] = (200, 100, 0)
    rgba[..., 3] = (0, 51, 255)
    Image.fromarray(rgba).save(path)
    img = load(dict(img_path=str(path)))['img'][0].astype(int)
    wanted = [[255, 255, 255], [204, 224, 244], [0, 100, 200]]
    assert np.abs(img - wanted).max() <= 1


def test_one_transparent_colour(tmp_path, load):
    path = tmp_path / 'cell.png'
    Image.fromarray(np.array([[[9, 8, 7], [1, 2, 3]]], np.uint8)).save(
        path, transparency=(9, 8, 7)
    )
    assert load(dict(img_path=str(path)))['img'].tolist() == [
        [[255, 255, 255], [3, 2, 1]]
    ]


@pytest.mark.parametrize('suffix', ['png', 'tif'])
@pytest.mark.parametrize('channels', [1, 3])
def test_sixteen_bits(tmp_path, load, suffix, channels):
    path = tmp_path / f'cell.{suffix}'
    grey = np.random.default_rng(0).integers(0, 256, (20, 30, channels))
    cv2.imwrite(str(path), (257 * grey).astype(np.uint16))
    img = load(dict(img_path=str(path)))['img']
    assert img.dtype == np.uint8
    assert (img == np.broadcast_to(grey, (20, 30, 3))).all()
    # of a camera of 12 bits, which leaves the upper four empty
    cv2.imwrite(str(path), np.rint(grey * 4095 / 255).astype(np.uint16))
    img = loaded(path, bit_depth=12)['img']
    assert (img == np.broadcast_to(grey, (20, 30, 3))).all()
    assert load(dict(img_path=str(path)))['img'].max() <= 16


def test_sixteen_bits_with_alpha(tmp_path, load):
    path = tmp_path / 'cell.png'
    bgra = 257 * np.array([[[200, 100, 0, 0], [200, 100, 0, 255]]])
    cv2.imwrite(str(path), bgra.astype(np.uint16))
    assert load(dict(img_path=str(path)))['img'].tolist() == [
        [[255, 255, 255], [200, 100, 0]]
    ]


def test_a_truncated_sixteen_bit_image(tmp_path):
    path = tmp_path / 'cell.png'
    noise = np.random.default_rng(0).integers(0, 65536, (90, 90, 3))
    cv2.imwrite(str(path), noise.astype(np.uint16))
    path.write_bytes(path.read_bytes()[:-5000])
    broken(path)


def test_what_leaves_the_upper_bits_empty_is_said_once(tmp_path, load):
    path = tmp_path / 'cell.png'
    cv2.imwrite(str(path), np.full((9, 9), 4095, np.uint16))
    with pytest.warns(InputWarning, match=r'cell\.png: no .*bit_depth=12'):
        load(dict(img_path=str(path)))
    with warnings.catch_warnings():
        warnings.simplefilter('error', InputWarning)
        load(dict(img_path=str(path)))
        loaded(path, bit_depth=12)


def test_only_samples_of_datasets_are_told_of_skip_broken(tmp_path, load):
    path = tmp_path / 'cell.png'
    path.touch()
    assert 'skip_broken' not in broken(path)
    with pytest.raises(InputError, match='set skip_broken=True in its data'):
        load(dict(img_path=str(path), image_id='PBC/cell.png'))


def test_the_limit_of_pixels(tmp_path):
    path = tmp_path / 'cell.png'
    Image.new('RGB', (30, 20)).save(path)
    assert 'max_pixels' in broken(path, max_pixels=599)
    assert loaded(path, max_pixels=600)['img'].shape == (20, 30, 3)


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('mode', ['RGB', 'CMYK'])
def test_exif_orientation(tmp_path, orientation, mode):
    path = tmp_path / 'cell.jpg'
    image = Image.fromarray(smooth(160, 240)).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, quality=95, exif=exif)
    with Image.open(path) as image:
        upright = np.asarray(ImageOps.exif_transpose(image).convert('RGB'))[
            ..., ::-1
        ]
    img = loaded(path)['img']
    assert img.shape == upright.shape
    assert np.abs(img - upright.astype(float)).mean() < 2
    # boxes are those of the upright image
    results = loaded(path, box=(40, 20, 140, 120), min_edge=50)
    assert results['img'].shape == (50, 50, 3)
    assert results['ori_shape'] == (100, 100)
    part = cv2.resize(
        upright[20:120, 40:140], (50, 50), interpolation=cv2.INTER_AREA
    )
    assert np.abs(results['img'] - part.astype(float)).mean() < 4


def test_real_cells(shared, load):
    folder = shared / 'data/pbc/PBC_dataset_normal_DIB/monocyte'
    default = TRANSFORMS.build(dict(type='LoadImageFromFile'))
    for path in sorted(folder.glob('[!.]*.jpg'))[:3]:
        wanted = default(dict(img_path=str(path)))['img']
        assert (load(dict(img_path=str(path)))['img'] == wanted).all()
    broken(
        shared
        / 'data/pbc/PBC_dataset_normal_DIB/neutrophil'
        / '.DS_169665.jpg'
    )


def test_a_window_of_one_side_around_each_box(tmp_path):
    """Whatever the size of the cell, and beyond the border."""
    path = tmp_path / 'field.png'
    field = smooth(300, 400)
    Image.fromarray(field).save(path)
    for box in ((100, 100, 140, 160), (380, 20, 400, 40)):
        results = loaded(path, box, window=90, min_edge=20)
        left, top = (box[0] + box[2]) // 2 - 45, (box[1] + box[3]) // 2 - 45
        x = np.clip(np.arange(left, left + 90), 0, 399)
        y = np.clip(np.arange(top, top + 90), 0, 299)
        np.testing.assert_array_equal(
            results['img'], field[y][:, x][..., ::-1]
        )
        assert results['img_shape'] == results['ori_shape'] == (90, 90)
    whole = loaded(path, window=90)['img']
    assert whole.shape == (300, 400, 3)


def test_a_window_that_cannot_be_cut(tmp_path):
    path = tmp_path / 'field.png'
    Image.fromarray(smooth(60, 80)).save(path)
    with pytest.raises(InputError, match='has no pixel in the image of 80 x'):
        loaded(path, (200, 0, 220, 20), window=40)
    for wrong in (dict(window=0), dict(window=40, margin=0.1)):
        with pytest.raises(InputError, match='takes no margin'):
            TRANSFORMS.build(dict(type='LoadCellImage', **wrong))
