import io
import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from daffnet_lite.errors import InputError
from daffnet_mm.audit.cell_window import cell_window
from daffnet_mm.audit.near_duplicates import (
    find_near_duplicates,
    fingerprint,
    group_images,
)
from daffnet_mm.datasets import JTSC, PBC


def cell(seed, size=(150, 141)):
    """A cell like all others, in the middle, with lobes of its own."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    texture = gaussian_filter(rng.normal(size=x.shape), min(size) / 15)
    texture /= texture.std()
    image = np.full((size[1], size[0], 3), (230.0, 210, 220))
    image[np.hypot(x, y) < 0.5] = (200, 180, 220)
    image[np.hypot(x, y) - 0.2 * texture < 0.3] = (100, 50, 150)
    for angle in rng.uniform(0, 2 * np.pi, 5):
        image[np.hypot(x - np.cos(angle), y - np.sin(angle)) < 0.3] = (
            210,
            150,
            160,
        )
    return Image.fromarray(image.astype(np.uint8))


def save(image, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return str(path)


def as_jpeg(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, 'JPEG', quality=quality)
    return Image.open(buffer)


def fingerprints_of(paths):
    return {name: fingerprint(path) for name, path in paths.items()}


def pairs_of(images):
    found = find_near_duplicates(
        {name: fingerprint(image) for name, image in images.items()},
        progress=False,
    )
    return {pair[:2]: pair for pair in found}


def test_other_cells_are_no_duplicates():
    assert pairs_of({str(i): cell(i) for i in range(60)}) == {}


@pytest.mark.parametrize(
    'change',
    [
        *(lambda image, t=t: image.transpose(t) for t in Image.Transpose),
        lambda image: as_jpeg(image, 90),
        lambda image: as_jpeg(image, 30),
        lambda image: image.resize((75, 70)),
        lambda image: image.resize((400, 376)),
        lambda image: as_jpeg(
            image.rotate(90, expand=True).resize((90, 96)), 60
        ),
        # the stage moved, the lamp darker, another focus
        lambda image: image.transform(
            image.size,
            Image.Transform.AFFINE,
            (1, 0, 4, 0, 1, -3),
            fillcolor=(230, 210, 220),
        ),
        lambda image: image.point(lambda value: 0.8 * value),
        lambda image: Image.fromarray(
            gaussian_filter(np.asarray(image), (1.5, 1.5, 0))
        ),
    ],
)
def test_copies_are_found(change):
    images = {str(i): cell(i) for i in range(6)}
    images['copy'] = change(images['3'])
    pairs = pairs_of(images)
    assert pairs.keys() == {('3', 'copy')}
    assert pairs['3', 'copy'].correlation > 0.8
    assert not pairs['3', 'copy'].exact


def cell_pairs_of(images):
    """By the whole images, and by the windows about their cells."""
    whole, cells = {}, {}
    for name, image in images.items():
        whole[name] = fingerprint(image)
        window = cell_window(np.asarray(image)[..., ::-1])
        if window is not None:
            cells[name] = fingerprint(image, window)
    found = find_near_duplicates(whole, progress=False, cells=cells)
    return {pair[:2]: pair for pair in found}


@pytest.mark.parametrize(
    'box',
    [
        # a tighter cut, one beside the middle, one of another shape
        (20, 18, 130, 123),
        (0, 20, 120, 141),
        (10, 10, 140, 120),
    ],
)
def test_a_cell_that_was_cut_otherwise_is_found(box):
    # Not of every cell: where its surroundings decide what is dark, the
    # window is another.
    images = {str(i): cell(i) for i in range(30)}
    images['copy'] = images['2'].crop(box).transpose(Image.Transpose.ROTATE_90)
    assert pairs_of(images) == {}
    pairs = cell_pairs_of(images)
    assert pairs.keys() == {('2', 'copy')}
    assert pairs['2', 'copy'].correlation >= 0.9
    assert not pairs['2', 'copy'].exact


def test_what_is_found_by_both_is_told_once():
    images = dict(a=cell(0), b=cell(0), c=as_jpeg(cell(0), 90))
    pairs = cell_pairs_of(images)
    assert [pair for pair in pairs if 'c' not in pair] == [('a', 'b')]
    assert pairs['a', 'b'].exact and not pairs['a', 'c'].exact


def test_no_window_about_several_cells_or_none():
    assert cell_window(np.full((50, 60, 3), 200, np.uint8)) is None
    tiny = np.asarray(cell(1).resize((16, 15)))[..., ::-1]
    assert cell_window(tiny) is None
    field = Image.new('RGB', (400, 200), (230, 210, 220))
    field.paste(cell(1), (130, 30))
    assert cell_window(np.asarray(field)[..., ::-1]) is not None
    field.paste(cell(1), (225, 30))
    field.paste(Image.new('RGB', (100, 200), (230, 210, 220)), (130, 0))
    assert cell_window(np.asarray(field)[..., ::-1]) is None


def test_equal_pixels_are_exact(tmp_path):
    image = cell(0)
    png = save(image, tmp_path / 'cell.png')
    bmp = save(image, tmp_path / 'cell.bmp')
    other = save(cell(1), tmp_path / 'other.png')
    fingerprints = fingerprints_of(dict(a=png, b=bmp, c=other, d=png))
    pairs = find_near_duplicates(fingerprints, progress=False)
    assert [tuple(pair) for pair in pairs] == [
        ('a', 'b', 1, True),
        ('a', 'd', 1, True),
    ]
    # the same as an array, as MMCV reads it
    bgr = np.asarray(image)[..., ::-1]
    assert fingerprint(bgr).digest == fingerprint(png).digest
    # the same bytes in another shape are another image
    wide = Image.frombytes('RGB', (141, 150), image.tobytes())
    assert fingerprint(wide).digest != fingerprint(png).digest


def test_images_without_contrast_have_only_exact_copies():
    blank = Image.new('RGB', (50, 50), (200, 180, 190))
    pairs = pairs_of(
        dict(
            a=blank,
            b=blank.copy(),
            c=Image.new('RGB', (50, 50), 'grey'),
            d=cell(0),
        )
    )
    assert pairs.keys() == {('a', 'b')}


def test_a_box_is_looked_at_alone():
    field = Image.new('RGB', (400, 300), (230, 210, 220))
    field.paste(cell(4), (37, 90))
    found = find_near_duplicates(
        dict(
            crop=fingerprint(cell(4)),
            box=fingerprint(field, (37, 90, 187, 231)),
            field=fingerprint(field),
        ),
        progress=False,
    )
    assert [pair[:2] for pair in found] == [('box', 'crop')]
    with pytest.raises(InputError, match='the box .* is empty'):
        fingerprint(field, (5, 5, 5, 9))


def test_depths_and_modes():
    image = cell(5)
    grey = np.asarray(image.convert('L'))
    images = {
        'a colour': image,
        'b CMYK': image.convert('CMYK'),
        'c alpha': image.convert('RGBA'),
        'd palette': image.quantize(256),
        'e grey': Image.fromarray(grey),
        'f 16 bits': Image.fromarray(grey.astype(np.uint16) * 257),
    }
    joined = group_images(pairs_of(images), images)
    assert set(joined.values()) == {'a colour'}


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('empty.jpg', b''),
        ('text.png', b'not an image'),
        ('cut.jpg', None),
    ],
)
def test_broken_files_are_named(tmp_path, name, content):
    path = tmp_path / name
    if content is None:
        save(cell(0), path)
        content = path.read_bytes()[:1500]
    path.write_bytes(content)
    with pytest.raises(InputError, match=f'{name} cannot be read'):
        fingerprint(str(path))


def test_groups():
    names = ['e', 'd', 'c', 'b', 'a', 'f']
    pairs = [('d', 'b', 1.0, True), ('b', 'e', 0.9, False)]
    assert group_images(pairs, names) == dict(
        a='a', b='b', c='c', d='b', e='b', f='f'
    )
    # groups that there are already are joined, not cut
    groups = dict(a='p', b='q', c='p', d='d', e='e', f='q')
    assert group_images(pairs, names, groups) == dict(
        a='a', b='b', c='a', d='b', e='b', f='b'
    )
    assert group_images([], []) == {}


# -- real cells --------------------------------------------------------------


def planted_in(paths, folder):
    """Three copies of every fifth image, of all kinds in turn."""
    kinds = (
        [lambda image, t=t: image.transpose(t) for t in Image.Transpose]
        + [lambda image, q=q: as_jpeg(image, q) for q in (90, 70, 50, 30)]
        + [
            lambda image, f=f: image.resize(
                (round(image.width * f), round(image.height * f))
            )
            for f in (2, 0.75, 0.5, 1 / 3)
        ]
        + [
            lambda image: as_jpeg(
                image.rotate(270, expand=True).resize(
                    (image.height * 3 // 4, image.width * 3 // 4)
                ),
                70,
            ),
            lambda image: image,
        ]
    )
    kinds = itertools.cycle(kinds)
    source = {}
    for name in sorted(paths)[::5]:
        with Image.open(paths[name]) as image:
            image = image.convert('RGB')
        for _ in range(3):
            change = next(kinds)
            copy = str(folder / f'{len(source)}.png')
            change(image).save(copy, compress_level=0)
            source[copy] = name
    return source


@pytest.mark.parametrize(
    ('release', 'root', 'count', 'step'),
    [
        (JTSC, 'jtsc', 150, 1),
        (PBC, 'pbc/PBC_dataset_normal_DIB', 8699, 29),
    ],
)
def test_real_cells(shared, tmp_path, release, root, count, step):
    """95 % of planted copies are found, 1 % of the cells flagged falsely."""
    dataset = release(str(shared / 'data' / Path(root)), lazy_init=True)
    paths = {s['name']: s['path'] for s in dataset.list_samples()}
    assert len(paths) == count
    paths = {name: paths[name] for name in sorted(paths)[::step]}
    source = planted_in(paths, tmp_path)
    fingerprints = fingerprints_of(paths | {copy: copy for copy in source})
    origin = {name: name for name in paths} | source
    pairs = find_near_duplicates(fingerprints, progress=False)
    strange = [p for p in pairs if origin[p.first] != origin[p.second]]
    flagged = {origin[name] for pair in strange for name in pair[:2]}
    groups = group_images([p for p in pairs if p not in strange], fingerprints)
    found = Counter(
        groups[copy] == groups[name] for copy, name in source.items()
    )
    print(
        f'{release.__name__}: {found[True]} of {len(source)} planted copies '
        f'found, {len(flagged)} of {len(paths)} images flagged'
    )
    assert found[True] >= 0.95 * len(source)
    assert len(flagged) <= 0.01 * len(paths)


def test_repeats_in_bccd(shared):
    """The same fields were photographed twice, the second time backwards."""
    root = shared / 'data' / 'BCCD_cropped'
    paths = {path.stem[11:16]: str(path) for path in root.glob('*/*_1.jpg')}
    pairs = find_near_duplicates(fingerprints_of(paths), progress=False)
    sums = Counter(int(p.first) + int(p.second) for p in pairs)
    # looked at, one by one: pairs like 226 and 261, 382 and 395
    assert len(pairs) == 12
    assert sums[487] + sums[493] + sums[777] + sums[481] >= 9
