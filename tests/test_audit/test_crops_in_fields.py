import numpy as np
import pytest
from pictures import picture, save
from PIL import Image
from rich.progress import Progress

from daffnet_mm.audit.crops_in_fields import find_crops


@pytest.fixture
def progress():
    with Progress(disable=True) as progress:
        yield progress


@pytest.fixture
def fields(tmp_path):
    return [
        save(picture(seed, 320, 240), tmp_path / f'field{seed}.jpg')
        for seed in range(3)
    ]


@pytest.mark.parametrize(
    'box',
    [
        (13, 21, 113, 121),
        (0, 0, 60, 90),
        (270, 180, 320, 240),
        (101, 5, 301, 205),
    ],
)
@pytest.mark.parametrize('workers', [0, 2])
def test_a_crop_is_found_where_it_was_cut(
    tmp_path, fields, progress, box, workers
):
    with Image.open(fields[1]) as field:
        crop = save(field.crop(box), tmp_path / 'crop.jpg', quality=60)
    other = save(
        picture(9, box[2] - box[0], box[3] - box[1]), tmp_path / 'other.jpg'
    )
    (found,) = find_crops(
        [str(other), str(crop)], list(map(str, fields)), workers, progress
    )
    assert (found.crop, found.field) == (str(crop), str(fields[1]))
    assert np.abs(np.subtract(found.box, box)).max() <= 2
    assert 0.93 < found.correlation <= 1


def test_what_is_no_crop(tmp_path, fields, progress):
    blank = Image.new('RGB', (80, 80), (128, 128, 128))
    crops = [
        save(blank, tmp_path / 'blank.png'),
        save(picture(7, 400, 300), tmp_path / 'larger.png'),
        save(picture(8, 10, 12), tmp_path / 'tiny.png'),
    ]
    assert (
        find_crops(
            [str(c) for c in crops], list(map(str, fields)), 0, progress
        )
        == []
    )
    assert find_crops([], [], 0, progress) == []
