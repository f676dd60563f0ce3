"""Whatever holds the cells, both inferencers answer the same."""

import io
import itertools
import warnings
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from daffnet_lite.answers import as_row
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fields import predict_field
from daffnet_lite.onnx import OnnxClassifier
from daffnet_mm.apis import WBCInferencer


@pytest.fixture(scope='module', params=['torch', 'onnx'])
def make(request, exported):
    """Makes one of the two inferencers of the same model."""
    if request.param == 'onnx':
        return lambda **kwargs: OnnxClassifier(exported.path, **kwargs)
    return lambda **kwargs: WBCInferencer(
        exported.config, exported.checkpoint, device='cpu', **kwargs
    )


@pytest.fixture(scope='module')
def inferencer(make):
    return make()


@pytest.fixture(scope='module')
def cells(exported, tmp_path_factory):
    """Three cells in files, and their colours."""
    folder = tmp_path_factory.mktemp('cells')
    rgb = [np.asarray(Image.open(path)) for path in exported.cells[:3]]
    for number, values in enumerate(rgb):
        Image.fromarray(values).save(folder / f'{number}.png')
    return SimpleNamespace(
        folder=folder, paths=sorted(folder.glob('*.png')), rgb=rgb
    )


def rows_of(inferencer, inputs, **options):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', InputWarning)
        found = inferencer(inputs, **options)
    return [as_row(dict(cell, image=''), inferencer.classes) for cell in found]


def opaque(values, white=255):
    """With alpha, as what hides all below it."""
    alpha = np.full((*values.shape[:-1], 1), white, values.dtype)
    return np.concatenate([values, alpha], axis=-1)


def deep(values):
    return values.astype(np.uint16) * 257


def one_buffer(arrays):
    """As a camera does, which fills the same memory again."""
    buffer = np.empty_like(arrays[0])
    for values in arrays:
        buffer[:] = values
        yield buffer


def bgr(cells):
    return [np.ascontiguousarray(values[..., ::-1]) for values in cells.rgb]


def in_files(cells, name, change):
    """The cells in files of another kind, made once."""
    folder = cells.folder / name.replace('.', '')
    folder.mkdir(exist_ok=True)
    for number, values in enumerate(bgr(cells)):
        cv2.imwrite(str(folder / f'{number}{name[-4:]}'), change(values))
    return folder


RGB = dict(channel_order='rgb')
CONTAINERS = dict(
    texts=lambda c: (list(map(str, c.paths)), {}),
    paths=lambda c: (c.paths, {}),
    tuple=lambda c: (tuple(c.paths), {}),
    folder=lambda c: (in_files(c, 'plain.png', np.copy), {}),
    pattern=lambda c: (f'{c.folder}/*.png', {}),
    mixed=lambda c: ([c.paths[0], *bgr(c)[1:]], {}),
    bytes=lambda c: ([path.read_bytes() for path in c.paths], {}),
    bytearrays=lambda c: ([bytearray(p.read_bytes()) for p in c.paths], {}),
    memory=lambda c: ([memoryview(p.read_bytes()) for p in c.paths], {}),
    files=lambda c: ([open(path, 'rb') for path in c.paths], {}),
    buffers=lambda c: ([io.BytesIO(p.read_bytes()) for p in c.paths], {}),
    pillow=lambda c: ([Image.open(path) for path in c.paths], {}),
    pillow_rgba=lambda c: (
        [Image.open(path).convert('RGBA') for path in c.paths],
        {},
    ),
    bgr=lambda c: (bgr(c), {}),
    said_to_be_bgr=lambda c: (bgr(c), dict(channel_order='bgr')),
    views=lambda c: ([values[..., ::-1] for values in c.rgb], {}),
    fortran=lambda c: ([np.asfortranarray(v) for v in bgr(c)], {}),
    rgb=lambda c: (c.rgb, RGB),
    bgra=lambda c: ([opaque(v) for v in bgr(c)], {}),
    rgba=lambda c: ([opaque(v) for v in c.rgb], RGB),
    bgr16=lambda c: ([deep(v) for v in bgr(c)], {}),
    rgb16=lambda c: ([deep(v) for v in c.rgb], RGB),
    big_endian=lambda c: ([deep(v).astype('>u2') for v in c.rgb], RGB),
    rgba16=lambda c: ([opaque(deep(v), 65535) for v in c.rgb], RGB),
    floats=lambda c: ([np.float32(v / 255) for v in c.rgb], RGB),
    png16=lambda c: (in_files(c, '16.png', deep), {}),
    png_alpha=lambda c: (in_files(c, 'alpha.png', opaque), {}),
    tiff16=lambda c: (in_files(c, '16.tif', deep), {}),
    batch=lambda c: (np.stack(bgr(c)), {}),
    batch_rgb=lambda c: (np.stack(c.rgb), RGB),
    batch_rgba16=lambda c: (opaque(deep(np.stack(c.rgb)), 65535), RGB),
    batches=lambda c: ([np.stack(bgr(c)[:2]), np.stack(bgr(c)[2:])], {}),
    generator=lambda c: ((path for path in c.paths), {}),
    iterator=lambda c: (iter(c.paths), {}),
    found=lambda c: (iter(sorted(c.folder.glob('*.png'))), {}),
    patterns=lambda c: ((f'{path}*' for path in c.paths), {}),
    opened=lambda c: ((open(path, 'rb') for path in c.paths), {}),
    batch_by_batch=lambda c: ((v[None] for v in c.rgb), RGB),
    camera=lambda c: (one_buffer(bgr(c)), {}),
)


@pytest.fixture(scope='module')
def wanted(inferencer, cells):
    rows = rows_of(inferencer, [str(path) for path in cells.paths])
    assert len({row['probability'] for row in rows}) == 3
    return rows


@pytest.mark.parametrize('container', CONTAINERS)
def test_the_same_answers(container, inferencer, cells, wanted):
    inputs, options = CONTAINERS[container](cells)
    assert rows_of(inferencer, inputs, **options) == wanted


def test_the_order_of_colours_matters(inferencer, cells, wanted):
    assert rows_of(inferencer, cells.rgb) != wanted
    # Of what says its own order nobody asks.
    assert rows_of(inferencer, cells.paths, **RGB) == wanted


def test_grey_cells(inferencer, cells, tmp_path):
    grey = [values[..., 1] for values in cells.rgb]
    for number, values in enumerate(grey):
        Image.fromarray(values).save(tmp_path / f'{number}.png')
        Image.fromarray(deep(values)).save(tmp_path / f'deep_{number}.png')
    whole = np.stack(grey)[..., None]
    wanted = rows_of(inferencer, [np.dstack([v] * 3) for v in grey])
    for inputs in (
        grey,
        list(whole),
        whole,
        deep(whole),
        whole / 255,
        [Image.fromarray(values) for values in grey],
        [Image.fromarray(deep(values)) for values in grey],
        str(tmp_path / '[0-9].png'),
        str(tmp_path / 'deep_*.png'),
    ):
        for order in ('bgr', 'rgb'):
            found = rows_of(inferencer, inputs, channel_order=order)
            assert found == wanted


def test_cells_that_one_sees_through(inferencer, cells, tmp_path):
    """Alpha lies on white, whatever the container."""
    alpha = np.linspace(0, 255, 200).astype(np.uint8)
    alpha = np.broadcast_to(alpha[:, None, None], (200, 200, 1))
    rgba = [np.concatenate([v, alpha], axis=2) for v in cells.rgb]
    for number, values in enumerate(rgba):
        Image.fromarray(values).save(tmp_path / f'{number}.png')
    wanted = rows_of(inferencer, sorted(tmp_path.glob('*.png')))
    bgra = [values[..., [2, 1, 0, 3]] for values in rgba]
    for inputs, options in (
        ([Image.fromarray(values) for values in rgba], {}),
        (rgba, RGB),
        (np.stack(bgra), {}),
        (map(deep, bgra), {}),
    ):
        assert rows_of(inferencer, inputs, **options) == wanted
    # In floats, by hand, to half a value.
    share = alpha / 255
    on_white = [values * share + 255 * (1 - share) for values in cells.rgb]
    found = rows_of(inferencer, np.rint(on_white).astype(np.uint8), **RGB)
    for row, other in zip(found, wanted, strict=True):
        assert row['cell_type'] == other['cell_type']
        assert row['probability'] == pytest.approx(
            other['probability'], abs=0.02
        )


def test_a_generator_of_a_laboratory(make, exported):
    """Its first images tell the profile, as those of a list."""
    listed, lazy = make(), make()
    wanted = rows_of(listed, exported.cells)
    assert rows_of(lazy, iter(exported.cells)) == wanted
    assert lazy.profile == listed.profile is not None
    assert 'on 34 of the first 34 images' in lazy.warnings[0]
    arrays = [cv2.imread(path)[..., ::-1] for path in exported.cells]
    for inputs in (arrays, np.stack(arrays), iter(arrays)):
        assert rows_of(lazy, inputs, **RGB) == wanted
        assert lazy.profile == listed.profile


@pytest.mark.parametrize(('profile', 'most'), [('none', 6), ('auto', 106)])
def test_a_generator_is_asked_when_needed(make, cells, profile, most):
    taken = []

    def endless():
        for path in itertools.cycle(cells.paths):
            taken.append(path)
            yield path

    answers = make(profile=profile).stream(endless(), batch_size=2)
    assert not taken
    for number in range(4):
        assert next(answers)['image'] == str(cells.paths[number % 3])
        assert len(taken) <= most + 2 * number
    answers.close()


def test_what_a_generator_leaves_out_is_told(inferencer, cells, tmp_path):
    (tmp_path / 'scan.dcm').touch()
    (tmp_path / 'broken.png').write_bytes(b'no image')
    places = iter([cells.paths[0], tmp_path, cells.paths[1]])
    with pytest.warns(InputWarning, match=r'1 \.dcm'):
        found = inferencer(places, skip_broken=True)
    assert [cell['image'] for cell in found] == list(map(str, cells.paths[:2]))
    assert list(inferencer.errors) == [1]


def test_a_generator_may_fail(inferencer, cells):
    def fails():
        yield cells.paths[0]
        raise KeyError('its own fault')

    with pytest.raises(KeyError, match='its own fault'):
        inferencer(fails())


def test_pictures_are_drawn_of_a_generator_too(exported, cells, tmp_path):
    inferencer = WBCInferencer(exported.config, exported.checkpoint)
    inferencer(iter(cells.rgb), show_dir=tmp_path, **RGB)
    drawn = cv2.imread(str(tmp_path / '0.png'))
    corner = drawn[-3:, -3:].reshape(-1, 3).mean(0)
    wanted = cells.rgb[0][-3:, -3:, ::-1].reshape(-1, 3).mean(0)
    np.testing.assert_allclose(corner, wanted, atol=12)


def closed(path):
    with open(path, 'rb') as file:
        return file


def read_to_the_end(path):
    file = io.BytesIO(Path(path).read_bytes())
    file.read()
    return file


PIXELS = np.full((40, 40, 3), 200, np.uint8)
REFUSED = dict(
    none=(None, 'cv2.imread gives of a file that it cannot read'),
    number=(5, 'not int'),
    dict=(dict(image='SECRET'), 'not dict; several images come as one list'),
    set=({'SECRET'}, 'not set; several images come as one list'),
    nested=([['SECRET', 'SECRET']], 'not list; .* none of these within'),
    pixels=([[1, 2], [3, 4]], 'not list; .* none of these within'),
    empty_list=([], 'there is no image: .* is empty'),
    empty_tuple=((), 'there is no image: .* is empty'),
    empty_generator=(iter(()), 'there is no image: .* is empty'),
    empty_batch=(PIXELS[None][:0], 'there is no image: .* is empty'),
    empty_array=(PIXELS[:0], r'its array is empty: .* \(0, 40, 3\)'),
    empty_bytes=(b'', 'the file is empty'),
    bytes=(b'SECRET' * 999, 'of no image format'),
    name_in_bytes=(b'SECRET/cell.png', 'look like the name of one'),
    long_text=('SECRET' * 9999, r'a path of 59994 characters .*too long'),
    long_pattern=('SECRET*' * 999, r'a path of 6993 characters .*too long'),
    floats=(PIXELS.astype(float), 'of floats 0 is black and 1 is white'),
    not_finite=(np.full((40, 40), np.nan), 'of floats 0 is black'),
    integers=(PIXELS.astype(int), 'none is known to be white'),
    complex=(PIXELS * 1j, 'values of type complex128 are no pixels'),
    objects=(PIXELS.astype(object), 'holds objects .*come as a list'),
    texts=(np.array([['SECRET'] * 40] * 40), 'are no pixels'),
    channels_first=(PIXELS.transpose(2, 0, 1), r'transpose\(1, 2, 0\)'),
    batch_channels_first=(
        PIXELS.transpose(2, 0, 1)[None],
        r'\(1, 3, 40, 40\), .* transpose\(0, 2, 3, 1\)',
    ),
    two_channels=(PIXELS[..., :2], r'\(40, 40, 2\), .* 1, 3 or 4 channels'),
    flat=(PIXELS.ravel(), r'the shape \(4800,\)'),
    five=(PIXELS[None, None], r'the shape \(1, 1, 40, 40, 3\)'),
    many=(np.zeros((1,) * 40), r'the shape \(1, 1, 1'),
    tensor=(torch.from_numpy(PIXELS), 'not Tensor; numpy.asarray makes'),
    text_buffer=(io.StringIO('SECRET'), "open it in mode 'rb'"),
    in_generator=((x for x in (None, None)), 'image 1 of .* not NoneType'),
)


@pytest.mark.parametrize('kind', REFUSED)
def test_what_is_refused_gets_a_sentence(kind, inferencer):
    inputs, said = REFUSED[kind]
    if kind in ('empty_generator', 'in_generator'):
        inputs = iter([None] if kind == 'in_generator' else [])
    with pytest.raises(InputError, match=said) as caught:
        inferencer(inputs)
    text = str(caught.value)
    assert len(text) < 300 and '\n' not in text
    assert text.count('SECRET') == 0
    assert '200, 200' not in text and '0x' not in text


@pytest.mark.parametrize(
    ('opened', 'said'),
    [
        (closed, 'the file is closed'),
        (open, "open it in mode 'rb'"),
        (lambda p: open(p, encoding='latin-1'), "open it in mode 'rb'"),
        (lambda p: open(p.parent / 'w', 'wb'), 'cannot be read'),
        (read_to_the_end, 'read to its end already'),
    ],
)
@pytest.mark.parametrize('number', [1, 30])
def test_files_that_are_not_open(opened, said, number, inferencer, cells):
    """Also among as many as a profile is estimated of."""
    files = [opened(cells.paths[0]) for _ in range(number)]
    with pytest.raises(InputError, match=f'image 1 of the input .*{said}'):
        inferencer(files)
    # Left open, they are warned of in another test.
    for file in files:
        file.close()


@pytest.mark.parametrize('order', ['RGB', 'rgba', None, 3, 'x' * 999])
def test_an_order_that_is_none(order, inferencer):
    with pytest.raises(InputError, match=r"must be 'bgr' or 'rgb'$") as caught:
        inferencer(PIXELS, channel_order=order)
    assert len(str(caught.value)) < 100


def test_a_field_takes_the_same(exported):
    """A field is one image; its colours come in either order."""
    light = OnnxClassifier(exported.path)
    field = cv2.imread(exported.cells[0])
    boxes = [(40, 40, 160, 160)]
    wanted = predict_field(light, exported.cells[0], boxes).rows()
    found = predict_field(light, field, boxes).rows()
    in_rgb = predict_field(
        light, field[..., ::-1], boxes, channel_order='rgb'
    ).rows()
    for rows in (found, in_rgb):
        assert [dict(r, group='') for r in wanted] == rows
    inferencer = WBCInferencer(exported.config, exported.checkpoint)
    by_torch = [
        inferencer.predict_field(values, boxes, channel_order=order).rows()
        for values, order in ((field, 'bgr'), (field[..., ::-1], 'rgb'))
    ]
    assert by_torch[0] == by_torch[1]
    with pytest.raises(InputError, match='a batch where one image'):
        predict_field(light, field[None])
    with pytest.raises(InputError, match='not list'):
        predict_field(light, [field])
