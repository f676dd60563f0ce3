import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS
from PIL import Image

from daffnet_mm.errors import InputError


@pytest.fixture
def load():
    return TRANSFORMS.build(dict(type='LoadCellImage'))


@pytest.mark.parametrize('suffix', ['png', 'bmp', 'jpg'])
def test_blue_comes_first(tmp_path, load, suffix):
    path = tmp_path / f'cell.{suffix}'
    Image.new('RGB', (30, 20), (250, 120, 10)).save(path)
    results = load(dict(img_path=str(path), gt_label=3))
    assert results['img'].shape == (20, 30, 3)
    assert results['img'].dtype == np.uint8
    assert np.abs(results['img'] - np.array([10., 120., 250.])).max() < 4
    assert results['img_shape'] == results['ori_shape'] == (20, 30)
    assert results['gt_label'] == 3


def test_grey_becomes_three_channels(tmp_path, load):
    path = tmp_path / 'cell.png'
    Image.new('L', (8, 9), 77).save(path)
    assert (load(dict(img_path=str(path)))['img'] == np.full(
        (9, 8, 3), 77)).all()


def test_a_vanished_image(tmp_path, load):
    path = tmp_path / 'cell.png'
    with pytest.raises(InputError, match=f'image {path} does not exist'):
        load(dict(img_path=str(path)))


@pytest.mark.parametrize('suffix', ['png', 'bmp', 'jpg', 'tif'])
@pytest.mark.parametrize('share', [0., 0.01, 0.5, 0.95])
def test_a_part_of_an_image(tmp_path, load, suffix, share):
    path = tmp_path / f'cell.{suffix}'
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3))
    Image.fromarray(noise.astype(np.uint8)).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:int(share * len(whole))])
    with pytest.raises(InputError) as caught:
        load(dict(img_path=str(path)))
    message = str(caught.value)
    assert message.startswith(f'image {path} cannot be decoded (')
    assert 'skip_broken=True' in message and '\n' not in message
