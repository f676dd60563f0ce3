"""An exported file answers as the model that it was made of."""

import builtins
import shutil
import warnings

import cv2
import numpy as np
import onnx
import pytest
from exported_model import PIPELINE, write_cells, write_model
from fields import painted_field
from onnx import numpy_helper
from PIL import Image

from daffnet_lite.answers import as_row
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fields import predict_field, read_and_draw
from daffnet_lite.onnx import ModelCard, OnnxClassifier
from daffnet_lite.profiles import estimate_profile, measure_file
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.onnx import export_onnx


@pytest.fixture(scope='module')
def model(exported):
    return WBCInferencer(exported.config, exported.checkpoint, device='cpu')


@pytest.fixture(scope='module')
def light(exported):
    return OnnxClassifier(exported.path)


def rows(classifier, images, **options):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', InputWarning)
        found = list(classifier.stream(images, **options))
    return [as_row(cell, classifier.classes) for cell in found]


def assert_same(given, wanted):
    """Compare rows: words as they are, probabilities to float tolerance."""
    assert len(given) == len(wanted) > 0
    for one, other in zip(given, wanted, strict=True):
        assert list(one) == list(other)
        for name, value in other.items():
            if isinstance(value, float):
                assert one[name] == pytest.approx(value, abs=1e-4), name
            else:
                assert one[name] == value, name


@pytest.mark.parametrize('batch_size', [1, 7, 32])
def test_rows_are_the_same(model, light, exported, batch_size):
    """Of 34 images a profile is estimated, of 29 none."""
    for paths in (exported.cells, exported.cells[:29]):
        given = rows(light, paths, batch_size=batch_size)
        assert_same(given, rows(model, paths, batch_size=batch_size))
        assert light.profile == model.profile
        assert light.warnings == model.warnings
        assert (light.profile is None) == (len(paths) < 30)
        # Its colours are not those that have taught the model.
        lowered = any('temperature 2.5' in text for text in light.warnings)
        assert lowered == (len(paths) >= 30)
    reviews = {row['review'] for row in given}
    assert len(reviews) > 1, 'the rule must speak for the test to mean much'
    assert len({row['granule_type'] for row in given}) > 1


def test_profiles_are_the_same(exported):
    profile = estimate_profile(map(measure_file, exported.cells))
    assert profile.scale is not None
    for wanted in (profile, 'none', None):
        found = [
            rows(classifier, exported.cells[:3])
            for classifier in (
                OnnxClassifier(exported.path, profile=wanted),
                WBCInferencer(
                    exported.config,
                    exported.checkpoint,
                    device='cpu',
                    profile=wanted,
                ),
            )
        ]
        assert_same(*found)


def test_whatever_holds_an_image(model, light, exported, tmp_path):
    img = cv2.imread(exported.cells[0])
    grey = cv2.cvtColor(img, cv2.COLOR_BGR2GRAY)
    cv2.imwrite(str(tmp_path / 'large.jpg'), cv2.resize(img, (900, 900)))
    cv2.imwrite(str(tmp_path / 'deep.png'), img.astype(np.uint16) * 257)
    images = [
        img,
        grey,
        np.dstack([img, np.full_like(grey, 128)]),
        Image.fromarray(img[..., ::-1]),
        (tmp_path / 'large.jpg').read_bytes(),
        tmp_path / 'deep.png',
        str(tmp_path / 'large.jpg'),
    ]
    assert_same(rows(light, images), rows(model, images))
    folder = str(tmp_path)
    assert_same(rows(light, folder), rows(model, folder))


def test_broken_images_are_left_out_or_refused(light, exported, tmp_path):
    broken = tmp_path / 'broken.png'
    broken.write_bytes(b'no image')
    images = [exported.cells[0], str(broken), exported.cells[1]]
    found = rows(light, images, skip_broken=True)
    assert [row['image'] for row in found] == images[::2]
    assert list(light.errors) == [1]
    assert 'cannot be read' in light.errors[1]
    with pytest.raises(InputError, match=r'broken\.png cannot be read'):
        light(images)
    with pytest.raises(InputError, match='there is no image'):
        light([])
    with pytest.raises(InputError, match='is an address: download'):
        light('https://nowhere.invalid/cell.png')


def changed(exported, tmp_path, change):
    """A copy of the file, changed."""
    content = onnx.load(exported.path)
    change(content)
    onnx.save(content, tmp_path / 'changed.onnx')
    return str(tmp_path / 'changed.onnx')


def set_card(content, **values):
    metadata = {p.key: p.value for p in content.metadata_props}
    card = ModelCard.from_metadata(metadata, 'it')
    for name, value in values.items():
        object.__setattr__(card, name, value)
    onnx.helper.set_model_props(content, card.to_metadata())


def test_what_is_no_number_is_no_answer(exported, tmp_path):
    def overflow(content):
        for tensor in content.graph.initializer:
            if tensor.name.endswith('head.classifier.bias'):
                values = np.full(tensor.dims, np.nan, np.float32)
                name = tensor.name
                tensor.CopyFrom(numpy_helper.from_array(values, name))
                return
        raise AssertionError('no such weight')

    light = OnnxClassifier(changed(exported, tmp_path, overflow))
    with pytest.raises(InputError, match='probabilities that are not finite'):
        light(exported.cells[:2])
    assert light(exported.cells[:2], skip_broken=True) == []
    assert list(light.errors) == [0, 1]


def test_an_image_may_be_too_small(exported, tmp_path):
    """Where the pipeline crops without having scaled."""
    steps = [dict(type='CenterCrop', width=32, height=32)]
    path = changed(exported, tmp_path, lambda c: set_card(c, steps=steps))
    with pytest.raises(InputError, match='image 1 of the input is too small'):
        OnnxClassifier(path)(np.zeros((20, 40, 3), np.uint8))


def test_a_file_that_is_none(exported, tmp_path):
    with pytest.raises(InputError, match=r'no\.onnx does not exist'):
        OnnxClassifier(tmp_path / 'no.onnx')
    with pytest.raises(InputError, match='is no file'):
        OnnxClassifier(tmp_path)
    for content in (b'', b'no network', b'\0' * 4000):
        (tmp_path / 'bad.onnx').write_bytes(content)
        with pytest.raises(InputError, match='bad.onnx is no '):
            OnnxClassifier(tmp_path / 'bad.onnx')
    whole = open(exported.path, 'rb').read()
    for length in (100, len(whole) // 2, len(whole) - 10):
        (tmp_path / 'cut.onnx').write_bytes(whole[:length])
        with pytest.raises(InputError, match='cut.onnx'):
            OnnxClassifier(tmp_path / 'cut.onnx')


def test_a_network_must_be_its_cards(exported, tmp_path):
    for values in (
        dict(classes=('one', 'two')),
        dict(size=(64, 64)),
        dict(attributes=dict(cell_size=('big', 'small'))),
    ):
        path = changed(
            exported, tmp_path, lambda c, v=values: set_card(c, **v)
        )
        with pytest.raises(InputError, match='another network than its'):
            OnnxClassifier(path)


def test_an_unfitted_model_is_unsure_below_four_fifths(exported, tmp_path):
    path = changed(exported, tmp_path, lambda c: set_card(c, review=None))
    found = rows(OnnxClassifier(path, profile='none'), exported.cells)
    assert {(row['probability'] < 0.8, row['review']) for row in found} == {
        (True, 'unsure'),
        (False, ''),
    }


def test_the_runtime_may_be_missing(exported, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == 'onnxruntime':
            raise ImportError(f'No module named {name!r}')
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', refuse)
    with pytest.raises(InputError, match=r'pip install "daffnet-mm\[lite\]"'):
        OnnxClassifier(exported.path)


def test_a_model_without_apply_profile_takes_none(exported, tmp_path):
    steps = [
        dict(type='FrameCell', share=0.7, tight=0.4),
        dict(type='Resize', width=32, height=32),
    ]
    path = changed(exported, tmp_path, lambda c: set_card(c, steps=steps))
    assert len(OnnxClassifier(path)(exported.cells[:2])) == 2
    profile = estimate_profile(map(measure_file, exported.cells))
    with pytest.raises(InputError, match='has no step ApplyProfile'):
        OnnxClassifier(path, profile=profile)


def test_any_name_will_do(exported, tmp_path):
    place = tmp_path / 'Zählung 1' / 'modell.onnx'
    place.parent.mkdir()
    shutil.copy(exported.path, place)
    assert len(OnnxClassifier(place)(exported.cells[0])) == 1


@pytest.mark.parametrize('of', ['model', 'light'])
def test_a_call_within_a_stream_changes_nothing(exported, of, request):
    """Temperature, errors and warnings are each call's own."""
    classifier = request.getfixturevalue(of)
    images = [*exported.cells, b'broken']
    alone = rows(classifier, images, batch_size=8, skip_broken=True)
    errors, said = dict(classifier.errors), list(classifier.warnings)
    assert list(errors) == [len(exported.cells)]
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', InputWarning)
        for cell in classifier.stream(images, 8, skip_broken=True):
            found.append(as_row(cell, classifier.classes))
            if len(found) in (1, 9):
                classifier(exported.cells[0])
                assert not classifier.errors
    assert_same(found, alone)
    assert classifier.errors == errors and classifier.warnings == said


@pytest.mark.parametrize('of', ['model', 'light'])
def test_of_a_strip_only_the_middle_is_looked_at(exported, of, request):
    """It is never enlarged as a whole, which would have no end."""
    classifier = request.getfixturevalue(of)
    cell = cv2.imread(exported.cells[0])
    strip = np.full((200, 20_000, 3), 230, np.uint8)
    strip[:, 9900:10100] = cell
    with pytest.warns(InputWarning, match='only its middle is looked at'):
        (found,) = rows_of_one(classifier, strip)
    (wanted,) = rows_of_one(classifier, strip[:, 9600:10400].copy())
    assert_same([found], [wanted])


def rows_of_one(classifier, image):
    return [as_row(c, classifier.classes) for c in classifier([image])]


@pytest.fixture(scope='module')
def of_12_bits(tmp_path_factory):
    """A model that says so of its images, and its file."""
    folder = tmp_path_factory.mktemp('twelve')
    paths = write_cells(folder / 'cells', range(4))
    first, *others = PIPELINE
    pipeline = [dict(first, bit_depth=12), *others]
    files = write_model(folder, paths, pipeline)
    path = folder / 'model.onnx'
    export_onnx(path, *map(str, files), images=paths)
    return WBCInferencer(*map(str, files), device='cpu'), OnnxClassifier(path)


@pytest.mark.parametrize('number', [0, 1])
def test_cells_and_fields_are_read_as_the_model_says(
    of_12_bits, number, tmp_path
):
    classifier = of_12_bits[number]
    assert classifier.reading['bit_depth'] == 12
    field = painted_field([(150, 120), (420, 200)])
    for name, image in (('8', field), ('12', field.astype(np.uint16) * 16)):
        cv2.imwrite(str(tmp_path / f'{name}.png'), image)
    light, deep = (
        predict_field(classifier, str(tmp_path / f'{name}.png'))
        for name in ('8', '12')
    )
    assert len(deep.boxes) == 2 and deep.boxes == light.boxes
    assert np.mean(read_and_draw(deep)) == pytest.approx(
        np.mean(read_and_draw(light)), abs=1
    )
    (cell,) = classifier(str(tmp_path / '12.png'))
    shown = cell.plot().axes[0].images[0].get_array()
    assert np.mean(shown) == pytest.approx(field.mean(), abs=1)


def test_an_image_that_is_too_small_costs_no_other(exported, tmp_path):
    """As of a pipeline that only crops."""
    files = write_model(
        tmp_path,
        exported.cells,
        [
            dict(type='LoadCellImage'),
            dict(type='CenterCrop', crop_size=32),
            dict(type='PackInputs'),
        ],
    )
    path = tmp_path / 'model.onnx'
    export_onnx(path, *map(str, files), images=exported.cells[:4])
    good = cv2.imread(exported.cells[0])
    images = [good, good[:20, :25], good]
    for classifier in (
        OnnxClassifier(path),
        WBCInferencer(*map(str, files), device='cpu'),
    ):
        for batch_size in (1, 32):
            found = classifier(images, skip_broken=True, batch_size=batch_size)
            assert len(found) == 2
            assert list(classifier.errors) == [1]
        said = 'image 2 of the input is too small for this model: it gives 25'
        assert classifier.errors[1].startswith(said)
        with pytest.raises(InputError, match='image 2 .*is too small'):
            classifier(images)
