import dataclasses
import io
import warnings

import cv2
import numpy as np
import pytest
from mmengine.dataset import Compose
from mmpretrain.registry import TRANSFORMS
from PIL import Image
from smears import COLOURS, smear

from daffnet_lite.commands import predict
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.intake import LaboratoryPipeline, laboratory_pipeline
from daffnet_lite.profiles import (
    KnownLaboratories,
    estimate_profile,
    home_profile,
    measure,
    measure_file,
    read_profile,
)
from daffnet_mm.apis import WBCInferencer

STEPS = [dict(type='ApplyProfile', share=0.66), dict(type='PackInputs')]


@pytest.fixture(scope='module')
def cells(tmp_path_factory):
    """30 painted cells of a laboratory with red cells of 42 pixels."""
    folder = tmp_path_factory.mktemp('cells')
    for seed in range(30):
        image = smear(seed, red_cell=42, side=200)
        cv2.imwrite(str(folder / f'{seed:02}.png'), image)
    return folder


@pytest.fixture(scope='module')
def paths(cells):
    return sorted(map(str, cells.glob('*.png')))


@pytest.fixture(scope='module')
def inferencer():
    return WBCInferencer(device='cpu')


@pytest.fixture(scope='module')
def found(inferencer, paths):
    """The profile that a call with 30 images estimates."""
    with pytest.warns(InputWarning, match='a profile was estimated on 30 of'):
        inferencer(paths)
    return inferencer.profile


def pipeline_of(steps, profile, min_edge=None):
    return LaboratoryPipeline(
        steps, profile, TRANSFORMS.build, Compose, min_edge
    )


def no_download(image):
    return None


def contents(paths):
    files = []
    for path in paths:
        with open(path, 'rb') as file:
            files.append(file.read())
    return files


@pytest.mark.parametrize(
    'container',
    [
        tuple,
        lambda paths: paths[0].rpartition('/')[0],
        lambda paths: paths[0].rpartition('/')[0] + '/*.png',
        lambda paths: [cv2.imread(path) for path in paths],
        lambda paths: [Image.open(path) for path in paths],
        contents,
        lambda paths: [io.BytesIO(text) for text in contents(paths)],
    ],
    ids=('tuple', 'folder', 'pattern', 'arrays', 'Pillow', 'bytes', 'files'),
)
def test_thirty_images_are_a_laboratory(container, inferencer, paths, found):
    assert found.scale.red_cell == pytest.approx(42, rel=0.05)
    with pytest.warns(InputWarning, match='all images are cut to one scale'):
        assert len(inferencer(container(paths))) == 30
    assert inferencer.profile == found
    with pytest.warns(InputWarning, match='"none" turns it off'):
        assert len(list(inferencer.stream(container(paths)))) == 30
    assert inferencer.profile == found


def test_fewer_are_not(inferencer, paths):
    with warnings.catch_warnings():
        warnings.simplefilter('error', InputWarning)
        inferencer(paths[:29])
    assert inferencer.profile is None and inferencer.warnings == []


def scores(inferencer, images):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', InputWarning)
        results = inferencer(images)
    # What is as good as sure still differs by its logarithm.
    return np.log([result['pred_scores'] for result in results])


def test_none_turns_it_off(inferencer, paths):
    alone = np.concatenate([scores(inferencer, p) for p in paths])
    for off in ('none', None):
        other = WBCInferencer(profile=off, device='cpu')
        together = scores(other, paths)
        assert other.profile is None and other.warnings == []
        np.testing.assert_allclose(together, alone, atol=1e-2)
    assert np.abs(scores(inferencer, paths) - alone).max() > 0.1


def test_a_profile_is_for_any_number(inferencer, paths, found, tmp_path):
    together = scores(inferencer, paths)
    found.save(tmp_path / 'laboratory.json')
    for profile in (found, str(tmp_path / 'laboratory.json')):
        other = WBCInferencer(profile=profile, device='cpu')
        alone = scores(other, paths[3])
        assert other.profile == found and len(other.warnings) == 1
        np.testing.assert_allclose(alone[0], together[3], atol=1e-2)


def test_of_many_images_some_are_looked_at(monkeypatch, paths):
    seen = []
    measure_file = laboratory_pipeline.measure_file

    def counting(source, **kwargs):
        seen.append(source)
        return measure_file(source, **kwargs)

    monkeypatch.setattr(laboratory_pipeline, 'measure_file', counting)
    monkeypatch.setattr(laboratory_pipeline, 'SAMPLE', 15)
    pipeline = pipeline_of(STEPS, 'auto', 96)
    many = [paths[i % 30] for i in range(10_001)]
    found = pipeline.for_call(many, no_download)
    assert seen[0] == many[0] and seen[-1] == many[-1] and len(seen) == 15
    assert found.profile.images == 15
    assert 'on 15 of 10001 images' in found.remarks[0]


def test_broken_images_are_told_of_in_their_turn(inferencer, paths, tmp_path):
    broken = tmp_path / 'broken.png'
    broken.write_bytes(b'no image')
    with pytest.warns(InputWarning, match='on 30 of 31 images'):
        answers = inferencer([str(broken), *paths], skip_broken=True)
    assert len(answers) == 30 and list(inferencer.errors) == [0]
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', InputWarning)
        with pytest.raises(InputError, match=r'broken\.png cannot be read'):
            inferencer([str(broken), *paths])
        with pytest.raises(InputError, match=r'broken\.png cannot be read'):
            inferencer([str(broken)] * 40)


def test_what_lies_elsewhere_is_fetched_once(paths):
    fetched = []

    def download(image):
        fetched.append(image)
        return contents([image.removeprefix('http://')])[0]

    pipeline = pipeline_of(STEPS, 'auto')
    places = [f'http://{path}' for path in paths]
    found = pipeline.for_call(places, download)
    assert fetched == places
    assert [found.held[i] for i in range(30)] == contents(paths)
    assert found.profile.scale.red_cell == pytest.approx(42, rel=0.05)


def test_files_stay_where_they_are(paths):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    files = [io.BytesIO(b'xx' + text) for text in contents(paths)]
    pipes = [Pipe(text) for text in contents(paths)]
    for file in files:
        file.seek(2)
    pipeline = pipeline_of(STEPS, 'auto')
    found = pipeline.for_call([*files, *pipes], no_download)
    assert found.profile.images == 30
    assert {file.tell() for file in files} == {2}
    assert {pipe.tell() for pipe in pipes} == {0}


def test_a_small_part_of_an_image_is_read_large_enough(found):
    """What is cut out has the pixels that home's images have."""
    wide = dataclasses.replace(found, side=800.0)
    edge = pipeline_of(STEPS, wide, 146).usual.min_edge
    view = 0.66 * 360 * found.scale.red_cell / home_profile().scale.red_cell
    assert edge * view / 800 == pytest.approx(0.66 * 146, abs=1)
    home = pipeline_of(STEPS, home_profile(), 146)
    assert home.usual.min_edge == 146
    unread = pipeline_of(STEPS, found)
    assert unread.usual.min_edge is None


def test_squares_of_fields_are_at_the_scale_of_a_profile(paths, found):
    """As large as show what the images of home do."""

    def not_asked():
        raise AssertionError

    home = home_profile()
    wanted = round(home.side * found.scale.red_cell / home.scale.red_cell)
    assert wanted == pytest.approx(360 * 42 / 71.32, rel=0.05)
    pipeline = pipeline_of(STEPS, found)
    assert pipeline.window(not_asked) == wanted
    for other in (
        pipeline_of(STEPS, 'none'),
        pipeline_of([dict(type='FrameCell')], 'auto'),
        pipeline_of([dict(STEPS[0], scale=False)], found),
        pipeline_of(STEPS, dataclasses.replace(found, scale=None)),
    ):
        assert other.window(not_asked) is None


def test_squares_of_fields_are_at_the_scale_of_thirty_cells(paths, found):
    measured = [measure_file(path) for path in paths]
    pipeline = pipeline_of(STEPS, 'auto')
    assert pipeline.window(lambda: measured[:29]) is None
    given = pipeline_of(STEPS, found).window(list)
    assert pipeline.window(lambda: measured) == given
    # Nothing but glass.
    nothing = measure(np.full((200, 200, 3), 240, np.uint8))
    assert pipeline.window(lambda: [nothing] * 30) is None


@pytest.mark.parametrize('taught', [True, False])
def test_the_stain_of_a_laboratory_that_taught_the_model_is_left(taught):
    """The network knows its cells, and elsewhere it is told."""
    look = dict(depth=0.35, colours=COLOURS + 0.3)
    here = estimate_profile(measure(smear(s, **look)) for s in range(14))
    laboratories = KnownLaboratories(
        dict(one=here if taught else home_profile()), 1.8
    )
    usual = LaboratoryPipeline(
        STEPS, here, TRANSFORMS.build, Compose, laboratories=laboratories
    ).usual
    curve = usual.pipeline.transforms[0].adjustment.stain_curve
    assert (curve is None) == taught
    assert ('is made paler' in '; '.join(usual.remarks)) != taught
    assert usual.temperature == (1.0 if taught else 1.8)
    assert STEPS[0] == dict(type='ApplyProfile', share=0.66)


def test_a_model_must_take_a_profile(paths, found):
    steps = [dict(type='FrameCell'), dict(type='PackInputs')]
    pipeline = pipeline_of(steps, 'auto')
    assert pipeline.for_call(paths, no_download) is pipeline.usual
    with pytest.raises(InputError, match='has no step ApplyProfile'):
        pipeline_of(steps, found)


def test_a_profile_of_the_config_stays(paths, found):
    steps = [dict(STEPS[0], profile=found), STEPS[1]]
    pipeline = pipeline_of(steps, 'auto')
    assert pipeline.for_call(paths, no_download) is pipeline.usual
    applied = pipeline.usual.pipeline.transforms[0]
    assert applied.profile == found
    off = pipeline_of(steps, 'none')
    assert off.usual.pipeline.transforms[0].profile is None


def test_command(cells, paths, found, tmp_path, capsys):
    def run(*words):
        status = predict.main(
            [*words, '--format', 'csv', '--device', 'cpu', '--batch-size', '8']
        )
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    status, by_itself, said = run(str(cells))
    assert status == 0 and 'warning: a profile was estimated on 30' in said
    status, alone, said = run(str(cells), '--profile', 'none')
    assert status == 0 and 'profile' not in said and alone != by_itself
    found.save(tmp_path / 'laboratory.json')
    file = str(tmp_path / 'laboratory.json')
    assert read_profile(file) == found
    status, by_file, said = run(str(cells), '--profile', file)
    assert by_file == by_itself and 'cut to one scale' in said
    with pytest.raises(SystemExit) as end:
        run(paths[0], '--profile', paths[0])
    assert end.value.code == 2
