import cv2
import numpy as np
import pytest
from smears import smear

from daffnet_lite.profiles import read_profile

TOOL = 'make_profile.py'


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / 'cells'
    folder.mkdir()
    for seed in range(20):
        image = smear(seed, red_cell=42, side=200)
        cv2.imwrite(str(folder / f'{seed:02}.png'), image)
    return folder


def test_a_folder(folder, tmp_path, succeeds):
    out = tmp_path / 'new' / 'profile.json'
    text = succeeds(TOOL, str(folder), '--out', str(out))
    profile = read_profile(out)
    assert profile.images == 20 and profile.side == 200
    assert profile.scale.red_cell == pytest.approx(42, rel=0.05)
    assert f'red cells: {profile.scale.red_cell:.1f} px across' in text
    assert 'all images are cut to one scale' in text
    assert 'nuclei: 0.60' in text and 'Traceback' not in text


def test_a_broken_image_is_named_and_the_rest_measured(
    folder, tmp_path, succeeds
):
    (folder / 'broken.png').write_bytes(b'no image')
    out = tmp_path / 'profile.json'
    text = succeeds(TOOL, str(folder), '--out', str(out), status=1)
    assert 'broken.png cannot be read' in text
    assert read_profile(out).images == 20


def test_what_cannot_be_measured_is_refused(tmp_path, fails):
    for number in range(3):
        image = np.full((90, 90, 3), 200 + number, np.uint8)
        cv2.imwrite(str(tmp_path / f'{number}.png'), image)
    out = tmp_path / 'profile.json'
    text = fails(TOOL, str(tmp_path), '--out', str(out))
    assert 'the scale cannot be measured' in text
    assert 'the colours cannot be measured' in text
    assert not out.exists()
