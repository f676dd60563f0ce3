"""Images of none of the types, of painted cells and fields."""

import cv2
import numpy as np
import pytest

TOOL = 'dataset_converters/make_strange_images.py'
BOX = (
    '<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin>'
    '<xmax>{}</xmax><ymax>{}</ymax></bndbox></object>'
)
WHITE, RED = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def fields(tmp_path):
    """Fields whose white cells are blue, and whose red cells are red."""
    root = tmp_path / 'fields' / 'BCCD'
    for name in ('JPEGImages', 'Annotations'):
        (root / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(3):
        image = np.full((480, 640, 3), 255, np.uint8)
        boxes = [
            ('WBC', 20, 20, 140, 140),
            ('WBC', 160, 30, 260, 130),
            ('Platelets', 300, 20, 330, 50),
        ]
        for _ in range(60):
            x, y = (int(v) for v in rng.integers((0, 180), (590, 430)))
            boxes.append(('RBC', x, y, x + 40, y + 40))
        for name, x1, y1, x2, y2 in boxes:
            image[y1:y2, x1:x2] = RED if name == 'RBC' else WHITE
        cv2.imwrite(str(root / 'JPEGImages' / f'f{number}.jpg'), image)
        (root / 'Annotations' / f'f{number}.xml').write_text(
            f'<annotation>{"".join(BOX.format(*b) for b in boxes)}'
            '</annotation>'
        )
    return tmp_path / 'fields'


@pytest.fixture
def cells(tmp_path):
    folder = tmp_path / 'cells'
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(4):
        image = rng.integers(0, 256, (60, 64, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f'{number}.png'), image)
    return folder


def images(folder):
    return [cv2.imread(str(path)) for path in sorted(folder.iterdir())]


def test_all_kinds(fields, cells, tmp_path, succeeds):
    words = (
        TOOL,
        '--out-dir',
        tmp_path / 'out',
        '--of-cells',
        cells,
        '--of-fields',
        fields,
    )
    output = succeeds(*words, '--number', '5')
    found = {f.name: images(f) for f in (tmp_path / 'out').iterdir()}
    numbers = {kind: len(pictures) for kind, pictures in found.items()}
    assert numbers == dict(
        blank=5,
        noise=5,
        photographs=5,
        blurred=4,
        two_cells=2,
        red_cells=3,
        two_in_field=3,
    )
    for kind, number in numbers.items():
        assert f'{kind}: {number} images' in output
    for picture in found['red_cells']:
        colours = picture.reshape(-1, 3).astype(int)
        blue = (colours[:, 0] > 150) & (colours[:, 2] < 100)
        red = (colours[:, 2] > 150) & (colours[:, 0] < 100)
        # JPEG's rims aside, no white cell and no platelet; two red ones.
        assert blue.mean() < 0.001
        assert red.sum() > 2 * 0.9 * 40 * 40 / 2
    for picture in found['two_in_field']:
        blue = (picture[..., 0] > 150) & (picture[..., 2] < 100)
        parts = cv2.connectedComponentsWithStats(blue.astype(np.uint8))[2]
        assert (parts[1:, cv2.CC_STAT_AREA] > 5000).sum() == 2
    sharp = np.mean(
        [cv2.Laplacian(i, cv2.CV_64F).std() for i in images(cells)]
    )
    for picture in found['blurred']:
        assert cv2.Laplacian(picture, cv2.CV_64F).std() < 0.1 * sharp
    for picture in found['blank']:
        assert picture.std(axis=(0, 1)).max() < 20


def test_the_same_seed_makes_the_same(cells, tmp_path, succeeds):
    for name, seed in (('a', 1), ('b', 1), ('c', 2)):
        words = (
            TOOL,
            '--out-dir',
            tmp_path / name,
            '--number',
            '3',
            '--seed',
            seed,
        )
        succeeds(*words, '--of-cells', cells)
    one, same, other = (
        [
            picture
            for kind in sorted((tmp_path / n).iterdir())
            for picture in images(kind)
        ]
        for n in 'abc'
    )
    assert all(map(np.array_equal, one, same))
    assert not all(map(np.array_equal, one, other))
    assert not (tmp_path / 'a' / 'red_cells').exists()


def test_what_is_no_field_is_named(cells, tmp_path, fails):
    error = fails(TOOL, '--out-dir', tmp_path / 'out', '--of-fields', cells)
    assert 'no fields with VOC boxes' in error
    (cells / 'Annotations').mkdir()
    (cells / 'Annotations' / 'f.xml').write_text('<annotation>')
    error = fails(TOOL, '--out-dir', tmp_path / 'out', '--of-fields', cells)
    assert 'f.xml is no file of VOC boxes' in error
