import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import tracemalloc

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS
from PIL import Image
from tiny_run import PREDICTOR, daffnet_model

from daffnet_lite.answers import Answers, write_result
from daffnet_lite.commands import predict
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.csv_files import from_spreadsheet
from daffnet_lite.fileio.image_folders import ImageListing
from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.datasets.transforms import LoadCellImage

PIPELINE = [
    dict(type='LoadCellImage'),
    dict(type='Resize', scale=(32, 32)),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A config and a checkpoint of a small DAFFNet."""
    folder = tmp_path_factory.mktemp('trained')
    model = daffnet_model()
    model.pop('_delete_')
    cfg = Config(
        dict(
            default_scope='mmpretrain',
            custom_imports=dict(
                imports=['daffnet_mm'], allow_failed_imports=False
            ),
            model=model,
            data_preprocessor=dict(mean=[0] * 3, std=[255] * 3, to_rgb=True),
            test_dataloader=dict(dataset=dict(type='PBC', pipeline=PIPELINE)),
        )
    )
    cfg.dump(folder / 'config.py')
    torch.manual_seed(0)
    network = MODELS.build(cfg.model)
    torch.save(
        dict(
            meta=dict(dataset_meta=dict(classes=WBC5_CLASSES)),
            state_dict=network.state_dict(),
        ),
        folder / 'best.pth',
    )
    return dict(
        config=str(folder / 'config.py'), checkpoint=str(folder / 'best.pth')
    )


@pytest.fixture
def cells(tmp_path):
    """Six images and two broken ones, one folder deep."""
    folder = tmp_path / 'cells' / 'Zählung 1'
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(6):
        image = rng.integers(0, 255, (40, 44, 3), dtype=np.uint8)
        Image.fromarray(image).save(folder / f'cell_{number}.png')
    whole = (folder / 'cell_0.png').read_bytes()
    (folder / 'cell_2b.png').write_bytes(whole[: len(whole) // 2])
    (folder / 'cell_9.jpg').touch()
    (folder / '.hidden.png').touch()
    (folder / 'notes.txt').write_text('no image')
    return folder.parent


def command(trained, *words):
    return [
        *words,
        '--config',
        trained['config'],
        '--checkpoint',
        trained['checkpoint'],
        '--batch-size',
        '4',
    ]


def test_csv_has_a_row_for_each_readable_image(
    trained, cells, tmp_path, capfd
):
    out = tmp_path / 'out.csv'
    status = predict.main(
        command(trained, str(cells), '--format', 'csv', '--out', str(out))
    )
    assert status == 1
    with open(out, newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    columns = ['image', 'cell_type', 'probability']
    columns += [f'{name}_probability' for name in WBC5_CLASSES]
    for name in WBC_ATTRIBUTES:
        columns += [name, f'{name}_probability']
    columns += ['review']
    assert list(rows[0]) == columns
    assert [row['image'] for row in rows] == [
        str(cells / 'Zählung 1' / f'cell_{number}.png') for number in range(6)
    ]
    for row in rows:
        shares = {n: float(row[f'{n}_probability']) for n in WBC5_CLASSES}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
        best = max(shares, key=shares.get)
        assert best == row['cell_type']
        assert shares[best] == float(row['probability'])
        # Nothing was fitted to this model.
        assert row['review'] == ('unsure' if shares[best] < 0.8 else '')
        for name, values in WBC_ATTRIBUTES.items():
            assert row[name] in values
            assert 1 / len(values) <= float(row[f'{name}_probability']) <= 1
    errors = capfd.readouterr().err
    assert 'cell_2b.png' in errors and 'cell_9.jpg' in errors
    assert 'Traceback' not in errors


def test_figures_are_those_of_the_model(trained, cells):
    """Image by image, without inferencer, batches or threads."""
    folder = cells / 'Zählung 1'
    inferencer = WBCInferencer(trained['config'], trained['checkpoint'])
    images = [folder / f'cell_{number}.png' for number in (3, 1, 5)]
    results = inferencer(images, batch_size=2)
    for image, result in zip(images, results, strict=True):
        loaded = LoadCellImage()(dict(img_path=str(image)))['img']
        alone = inferencer(loaded)[0]
        assert alone['image'] is None and result['image'] == str(image)
        assert alone['pred_class'] == result['pred_class']
        np.testing.assert_allclose(
            alone['pred_scores'], result['pred_scores'], atol=1e-5
        )
        # by hand: OpenCV, RGB, 0 to 1
        rgb = cv2.resize(cv2.imread(str(image)), (32, 32))[..., ::-1] / 255
        batch = torch.from_numpy(rgb.copy()).permute(2, 0, 1).float()[None]
        with torch.no_grad():
            sample = inferencer.model(batch, mode='predict')[0]
        np.testing.assert_allclose(
            sample.pred_score, result['pred_scores'], atol=1e-5
        )


def test_a_broken_image_raises_unless_skipped(trained, cells):
    inferencer = WBCInferencer(trained['config'], trained['checkpoint'])
    folder = cells / 'Zählung 1'
    images = [folder / 'cell_0.png', folder / 'cell_9.jpg']
    with pytest.raises(InputError, match=r'cell_9\.jpg'):
        inferencer(images)
    assert len(inferencer(images, skip_broken=True)) == 1
    assert list(inferencer.errors) == [1]
    assert len(inferencer(images[:1])) == 1
    assert not inferencer.errors


def test_classes_come_from_the_config_too(trained, cells, tmp_path):
    content = torch.load(trained['checkpoint'])
    path = str(tmp_path / 'nameless.pth')
    torch.save(content['state_dict'], path)
    image = str(cells / 'Zählung 1' / 'cell_0.png')
    with pytest.raises(InputError, match='names 8 classes'):  # PBC's
        WBCInferencer(trained['config'], path)
    cfg = Config.fromfile(trained['config'])
    cfg.test_dataloader.dataset.classes = WBC5_CLASSES
    named = WBCInferencer(cfg, trained['checkpoint'])(image)
    (cell,) = WBCInferencer(cfg, path)(image)
    assert cell['pred_class'] == named[0]['pred_class']

    cfg.test_dataloader.dataset = dict(type='CustomDataset', pipeline=PIPELINE)
    with pytest.raises(InputError, match='neither .*nameless.pth nor its con'):
        WBCInferencer(cfg, path)
    assert WBCInferencer(cfg, path, classes=WBC5_CLASSES)(image)


def test_a_map_without_cell_types(trained, tmp_path):
    cfg = Config.fromfile(trained['config'])
    cfg.model = dict(PREDICTOR, head=dict(type='MAPHead', in_channels=64))
    path = str(tmp_path / 'map.pth')
    torch.save(MODELS.build(cfg.model).state_dict(), path)
    with pytest.raises(InputError, match='map.pth predicts no cell type'):
        WBCInferencer(cfg, path)


@pytest.fixture
def overflowing(trained, tmp_path):
    """Finite weights, whose answer to a bright image is infinite."""
    content = torch.load(trained['checkpoint'])
    content['state_dict']['backbone.conv1.weight'].fill_(1e37)
    path = str(tmp_path / 'overflowing.pth')
    torch.save(content, path)
    return dict(trained, checkpoint=path)


def test_what_is_no_number_is_no_answer(overflowing, cells, tmp_path, capsys):
    folder = tmp_path / 'two'
    folder.mkdir()
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(folder / 'a.png')
    Image.fromarray(np.full((32, 32, 3), 255, np.uint8)).save(folder / 'b.png')
    words = command(overflowing, str(folder), '--format', 'json')
    assert predict.main(words) == 1
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert [cell['image'] for cell in report['cells']] == [
        str(folder / 'a.png')
    ]
    (error,) = report['errors']
    assert error.startswith(f'{folder}/b.png has no answer')
    assert f'error: {error}' in printed.err

    inferencer = WBCInferencer(
        overflowing['config'], overflowing['checkpoint']
    )
    with pytest.raises(InputError, match='b.png has no answer, as the model'):
        inferencer([folder / 'a.png', folder / 'b.png'])
    bright = np.full((32, 32, 3), 255, np.uint8)
    with pytest.raises(InputError, match='image 1 of the input has no answer'):
        inferencer(bright)
    (cell,) = inferencer([bright, str(folder / 'a.png')], skip_broken=True)
    assert cell['image'] == str(folder / 'a.png')
    assert list(inferencer.errors) == [0]


def test_json_counts_and_lists_cells_to_look_at_again(trained, cells, capsys):
    pattern = str(cells / '**' / 'cell_[0-4].png')
    predict.main(command(trained, pattern, '--format', 'json'))
    report = json.loads(capsys.readouterr().out)
    assert len(report['cells']) == 5 and report['errors'] == []
    counts = report['differential_count']
    assert sum(count['number'] for count in counts) == 5
    unsure = [
        dict(image=cell['image'], review='unsure')
        for cell in report['cells']
        if cell['probability'] < 0.8
    ]
    assert report['review'] == unsure
    assert all(cell['review'] in ('', 'unsure') for cell in report['cells'])


def test_json_is_laid_out_as_by_pythons_writer(trained, cells, capsys):
    pattern = str(cells / '**' / 'cell_*.png')
    predict.main(command(trained, pattern, '--format', 'json'))
    text = capsys.readouterr().out
    report = json.loads(text)
    assert text == json.dumps(report, indent=2, ensure_ascii=False) + '\n'
    assert list(report) == [
        'cells',
        'errors',
        'warnings',
        'differential_count',
        'review',
    ]


def test_a_stream_gives_what_a_call_gives(trained, cells):
    inferencer = WBCInferencer(trained['config'], trained['checkpoint'])
    wanted = inferencer(str(cells), batch_size=2, skip_broken=True)
    errors = dict(inferencer.errors)
    found = list(inferencer.stream(str(cells), 2, skip_broken=True))
    assert errors == inferencer.errors and len(errors) == 2
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(
            one.pop('pred_scores'), other.pop('pred_scores')
        )
        assert one == other


def test_a_stream_answers_before_it_has_read_all(trained, cells):
    inferencer = WBCInferencer(trained['config'], trained['checkpoint'])
    image = str(cells / 'Zählung 1' / 'cell_0.png')
    answers = inferencer.stream([*[image] * 20, 'missing.png'], 2)
    assert next(answers)['image'] == image
    with pytest.raises(InputError, match=r'missing\.png does not exist'):
        list(answers)


class ManyCells:
    """An inferencer that needs no network."""

    classes = WBC5_CLASSES
    warnings = ()
    errors = {}

    def stream(self, images, *_, **__):
        for image in images:
            yield dict(
                image=image,
                pred_class='basophil',
                pred_score=0.9,
                pred_scores=np.array([0.9, 0.1, 0, 0, 0], np.float32),
                review='',
                attributes={
                    name: dict(value=values[0], probability=0.123456)
                    for name, values in WBC_ATTRIBUTES.items()
                },
            )


@pytest.mark.parametrize('form', ['csv', 'json'])
def test_memory_does_not_grow_with_the_answers(form, tmp_path):
    listing = ImageListing([f'cells/{i}.png' for i in range(5000)])
    answers = Answers(ManyCells(), listing, [], 8)
    with open(tmp_path / 'out', 'w') as file:
        tracemalloc.start()
        write_result(file, form, answers)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert len(answers) == 5000
    # A row takes more than 1,000 bytes.
    assert peak < 100 * 5000


def test_one_image_gives_its_attributes_as_a_table(trained, cells, capsys):
    predict.main(command(trained, str(cells / 'Zählung 1' / 'cell_0.png')))
    out = capsys.readouterr().out
    assert 'cell type' in out and 'granule colour' in out
    assert 'Differential' not in out


def test_a_folder_gives_a_differential_count(trained, cells, capsys):
    assert predict.main(command(trained, str(cells))) == 1
    out = capsys.readouterr().out
    assert 'Differential count of 6 cells' in out
    assert '50 to 70' in out


@pytest.mark.parametrize('place', ['missing.jpg', 'empty', 'none_*.png'])
def test_what_gives_no_image_is_named(trained, tmp_path, capsys, place):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(SystemExit) as stop:
        predict.main(command(trained, str(tmp_path / place)))
    assert stop.value.code == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert place in error and 'gives no image' in error


def test_only_broken_images_are_an_error(trained, cells, capsys):
    with pytest.raises(SystemExit) as stop:
        predict.main(command(trained, str(cells / 'Zählung 1' / 'cell_9.jpg')))
    assert stop.value.code == 2
    assert 'none of the 1 images' in capsys.readouterr().err


def whole_cells(folder, *names):
    """One picture under several names."""
    folder.mkdir(exist_ok=True)
    image = np.random.default_rng(0).integers(0, 256, (40, 44, 3), np.uint8)
    for name in names:
        Image.fromarray(image).save(folder / name, 'png')
    return folder


def test_what_is_of_another_kind_is_no_failure(trained, tmp_path, capsys):
    folder = whole_cells(tmp_path / 'cells', 'a.png', 'b.jfif', 'c.webp')
    for name in ('d.dcm', 'e.DCM', 'f.svs', 'notes.txt'):
        (folder / name).touch()
    status = predict.main(command(trained, str(folder)))
    assert status == 0
    (told,) = (
        line
        for line in capsys.readouterr().err.splitlines()
        if line.startswith('warning: ')
    )
    assert '2 .dcm (first ' in told and '1 .svs (first ' in told


def test_what_cannot_be_read_costs_itself_alone(
    trained, tmp_path, capsys, monkeypatch
):
    folder = whole_cells(tmp_path / 'cells', 'a.png', 'b.png')
    os.mkfifo(folder / 'pipe.png')
    (folder / 'zero.png').symlink_to('/dev/zero')
    (folder / 'loop').symlink_to('loop')
    (folder / 'again').symlink_to(folder)
    (folder / 'closed').mkdir()
    Image.new('RGB', (50, 50)).save(folder / 'large.png')
    Image.new('RGB', (50, 8)).save(folder / 'tiny.png')
    scan = os.scandir

    def refuse(place):
        if str(place).endswith('closed'):
            raise PermissionError(13, 'Permission denied', str(place))
        return scan(place)

    # not by its mode, which means nothing to root
    monkeypatch.setattr(os, 'scandir', refuse)
    status = predict.main(
        command(
            trained, str(folder), '--format', 'json', '--max-pixels', '2000'
        )
    )
    assert status == 1
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert [os.path.basename(cell['image']) for cell in report['cells']] == [
        'a.png',
        'b.png',
    ]
    for fault in (
        'pipe.png cannot be read (it is a pipe',
        'zero.png cannot be read (it is a device',
        'loop is a symbolic link that leads back to itself',
        'again is a symbolic link that leads back to a folder above',
        'closed cannot be read (Permission denied)',
        'large.png cannot be read (it has 50 x 50 pixels, more than',
        'tiny.png: it has 50 x 8 pixels, too few to show a cell',
    ):
        assert [error for error in report['errors'] if fault in error], fault
    assert len(report['errors']) == 7 == captured.err.count('error: ')


def test_values_of_a_camera(trained, tmp_path, capsys):
    image = np.random.default_rng(0).integers(0, 256, (40, 44, 3), np.uint8)
    cv2.imwrite(str(tmp_path / 'cell.png'), image)
    deep = np.rint(image * (4095 / 255)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / 'deep.tif'), deep)
    inferencer = WBCInferencer(**as_arguments(trained), bit_depth=12)
    plain, scaled = inferencer(
        [str(tmp_path / name) for name in ('cell.png', 'deep.tif')]
    )
    np.testing.assert_allclose(
        plain['pred_scores'], scaled['pred_scores'], atol=1e-5
    )
    assert inferencer.warnings == []
    words = command(trained, str(tmp_path / 'deep.tif'), '--format', 'csv')
    assert predict.main(words) == 0
    assert 'deep.tif: no value uses more than' in capsys.readouterr().err
    assert predict.main([*words, '--bit-depth', '12']) == 0
    assert 'warning' not in capsys.readouterr().err


def test_a_shape_that_is_no_picture_of_a_cell(trained, tmp_path):
    Image.new('RGB', (200, 20)).save(tmp_path / 'strip.png')
    inferencer = WBCInferencer(**as_arguments(trained))
    with pytest.warns(InputWarning, match='200 x 20 pixels, no shape'):
        inferencer(tmp_path / 'strip.png')


NAMES = ['=1+1.png', '[left].png', ':cell:.png', 'a\rb.png', 'é白.png']


@pytest.mark.parametrize('encoding', ['utf-8', 'cp1252', 'ascii'])
@pytest.mark.parametrize('form', ['csv', 'json', 'table'])
def test_names_cost_no_other_cell(
    trained, tmp_path, monkeypatch, form, encoding
):
    folder = whole_cells(tmp_path / 'cells', *NAMES, 'plain.png')
    foreign = os.fsencode(folder) + b'/caf\xe9.png'
    with open(foreign, 'wb') as file:
        file.write((folder / 'plain.png').read_bytes())
    out = io.BytesIO()
    stream = io.TextIOWrapper(out, encoding=encoding, newline='')
    monkeypatch.setattr(sys, 'stdout', stream)
    # as in a pipe, where no terminal is to be fitted
    monkeypatch.delenv('COLUMNS', raising=False)
    assert predict.main(command(trained, str(folder), '--format', form)) == 0
    stream.flush()
    text = out.getvalue().decode(encoding)
    if form == 'table':
        assert text.count('plain.png') and '[left].png' in text
        assert ':cell:.png' in text and r'a\rb.png' in text
        assert '\r' not in text
        return
    if form == 'json':
        found = [cell['image'] for cell in json.loads(text)['cells']]
        wanted = {os.fsdecode(foreign)}
    else:
        rows = csv.DictReader(io.StringIO(text, newline=''))
        found = [from_spreadsheet(row['image']) for row in rows]
        wanted = {rf'{folder}/caf\udce9.png'}
    wanted |= {str(folder / name) for name in (*NAMES, 'plain.png')}
    if encoding != 'utf-8' and form == 'csv':
        # what the stream cannot show
        wanted = {
            name.encode(encoding, 'backslashreplace').decode(encoding)
            for name in wanted
        }
    assert set(found) == wanted and len(found) == 7


def test_a_name_that_begins_as_a_formula(trained, tmp_path, monkeypatch):
    whole_cells(tmp_path, '=1+1.png', '-1.png')
    monkeypatch.chdir(tmp_path)
    words = ['=1+1.png', './-1.png', '--format', 'csv', '--out', 'out.csv']
    assert predict.main(command(trained, *words)) == 0
    lines = (tmp_path / 'out.csv').read_text().splitlines()
    assert [line.partition(',')[0] for line in lines] == [
        'image',
        "'=1+1.png",
        './-1.png',
    ]


def test_class_names_keep_their_capitals(trained, cells, capsys):
    classes = ('Basophil', 'EOS', 'Lymphocyte', 'monocyte', 'NEUTROPHIL')
    checkpoint = torch.load(trained['checkpoint'])
    checkpoint['meta'] = dict(dataset_meta=dict(classes=classes))
    torch.save(checkpoint, cells / 'other.pth')
    trained = dict(trained, checkpoint=str(cells / 'other.pth'))
    predict.main(command(trained, str(cells), '--format', 'json'))
    report = json.loads(capsys.readouterr().out)
    assert {cell['cell_type'] for cell in report['cells']} <= set(classes)
    counts = {c['cell_type']: c for c in report['differential_count']}
    assert tuple(counts) == classes
    assert counts['NEUTROPHIL']['reference'] == [50, 70]
    assert counts['EOS']['reference'] is None


def as_arguments(trained):
    return dict(model=trained['config'], pretrained=trained['checkpoint'])


def test_a_folder_is_read_as_by_the_command(trained, cells):
    inferencer = WBCInferencer(**as_arguments(trained))
    (cells / 'b.dcm').touch()
    with pytest.warns(InputWarning, match='1 .dcm'):
        results = inferencer(cells, skip_broken=True)
    assert [result['image'] for result in results] == [
        str(cells / 'Zählung 1' / f'cell_{number}.png') for number in range(6)
    ]
    pattern = str(cells / '*' / 'cell_[01].png')
    assert len(inferencer(pattern)) == 2
    mixed = inferencer([pattern, cells / 'Zählung 1' / 'cell_5.png'])
    assert len(mixed) == 3


def test_whatever_holds_an_image(trained, cells):
    path = cells / 'Zählung 1' / 'cell_0.png'
    image = cv2.imread(str(path))
    inferencer = WBCInferencer(**as_arguments(trained))
    with open(path, 'rb') as file:
        results = inferencer(
            [str(path), path, path.read_bytes(), file, Image.open(path), image]
        )
    assert [result['image'] for result in results] == 2 * [str(path)] + [
        None
    ] * 4
    for result in results[1:]:
        np.testing.assert_allclose(
            result['pred_scores'], results[0]['pred_scores'], atol=1e-6
        )
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    flat, repeated = inferencer([grey, np.repeat(grey[..., None], 3, axis=2)])
    np.testing.assert_allclose(
        flat['pred_scores'], repeated['pred_scores'], atol=1e-6
    )


@pytest.mark.parametrize(
    ('inputs', 'options', 'message'),
    [
        (None, {}, 'image 1 of the input cannot .* not NoneType'),
        (5, {}, 'not int'),
        ([b'', 5], {}, 'image 1 of the input cannot .*file is empty'),
        ([], {}, 'there is no image'),
        (np.zeros((0, 9, 3), np.uint8), {}, 'its array .* empty'),
        ('none.png', {}, 'image none.png does not exist'),
        ('none/*.png', {}, r'none/\*\.png gives no image'),
        (np.zeros((40, 40, 3), np.uint8), dict(batch_size=0), 'batch_size=0'),
        (np.zeros((40, 40)), dict(batch_size='4'), "batch_size='4'"),
    ],
)
def test_what_is_no_image_gets_a_sentence(trained, inputs, options, message):
    inferencer = WBCInferencer(**as_arguments(trained))
    with pytest.raises(InputError, match=message) as caught:
        inferencer(inputs, **options)
    text = str(caught.value)
    assert '\n' not in text and 'skip_broken' not in text
    assert '0x' not in text


def test_a_picture_for_each_image(trained, tmp_path):
    folder = whole_cells(tmp_path / 'cells', 'a.png', 'a.jpg')
    (folder / 'in').mkdir()
    whole_cells(folder / 'in', 'a.png')
    inferencer = WBCInferencer(**as_arguments(trained))
    content = io.BytesIO((folder / 'a.png').read_bytes())
    inferencer([folder, content], show_dir=tmp_path / 'out')
    drawn = sorted((tmp_path / 'out').rglob('*.png'))
    assert len(drawn) == 4
    # Images without a name are called by their place, whatever was broken.
    pixels = cv2.imread(str(folder / 'a.png'))
    inferencer(
        [pixels, b'broken', pixels],
        skip_broken=True,
        show_dir=tmp_path / 'by place',
    )
    drawn = (tmp_path / 'by place').iterdir()
    assert {path.name for path in drawn} == {'0.png', '2.png'}


def test_addresses(trained, tmp_path, monkeypatch):
    (path,) = whole_cells(tmp_path / 'cells', 'a.png').iterdir()
    inferencer = WBCInferencer(**as_arguments(trained))
    broken = ['foo://a.png', 's3://bucket/a.png', str(path)]
    assert len(inferencer(broken, skip_broken=True)) == 1
    assert list(inferencer.errors) == [0, 1]
    assert inferencer.errors[0].startswith('image foo://a.png cannot be read')
    content = path.read_bytes()
    monkeypatch.setattr(
        'mmengine.fileio.get', lambda name: {'http://a/b.png': content}[name]
    )
    inferencer('http://a/b.png', show_dir=tmp_path / 'out')
    assert len(list((tmp_path / 'out').rglob('*.png'))) == 1


def test_a_config_needs_its_checkpoint(trained):
    with pytest.raises(InputError, match='pretrained'):
        WBCInferencer(trained['config'])
    with pytest.raises(SystemExit):
        predict.main(['a.jpg', '--config', 'b.py'])


def test_runs_as_a_module(trained, cells):
    (cells / 'scan.dcm').touch()
    (cells / 'slide.svs').touch()
    result = subprocess.run(
        [
            sys.executable,
            '-m',
            'daffnet_mm.predict',
            *command(trained, str(cells), '--format', 'csv'),
        ],
        capture_output=True,
        text=True,
    )
    # the rest was done
    assert result.returncode == 1
    # nothing but the result on the standard output
    assert len(result.stdout.splitlines()) == 7
    assert result.stderr.count('error: ') == 2
    assert result.stderr.count('warning: left out') == 1
    assert '1 .dcm (first ' in result.stderr
    assert '1 .svs (first ' in result.stderr


def test_views_are_averaged(trained):
    """Against the mean over images that were flipped before."""
    image = np.random.default_rng(3).integers(0, 256, (32, 32, 3), np.uint8)
    plain = WBCInferencer(trained['config'], trained['checkpoint'])
    flips = [image, image[:, ::-1], image[::-1], image[::-1, ::-1]]
    scores = [
        cell['pred_scores']
        for cell in plain([np.ascontiguousarray(flip) for flip in flips])
    ]
    averaged = WBCInferencer(
        trained['config'], trained['checkpoint'], views='flips'
    )
    np.testing.assert_allclose(
        averaged(image)[0]['pred_scores'], np.mean(scores, 0), atol=1e-5
    )


def test_a_report_beside_the_result(trained, cells, tmp_path, capsys):
    out, report = tmp_path / 'cells.csv', tmp_path / 'cells.html'
    options = [f'--{name}={value}' for name, value in trained.items()]
    call = [str(cells), '--format=csv', f'--out={out}', *options]
    assert predict.main([*call, f'--report={report}']) == 1
    assert f'wrote {report}' in capsys.readouterr().err
    text = report.read_text()
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert f'Differential count of {len(rows)} white blood cells' in text
    with open(trained['checkpoint'], 'rb') as file:
        assert hashlib.sha256(file.read()).hexdigest() in text
    # Each cell is either shown by its type, or to be looked at again.
    assert text.count('src="data:image/jpeg') == len(rows) == 6
    assert 'Without an answer: 2' in text and 'cell_2b.png' in text

    with pytest.raises(SystemExit):
        predict.main([*call, f'--report={out}'])
    assert 'are both' in capsys.readouterr().err


def test_a_report_of_one_cell(trained, cells, tmp_path, capsys):
    report = tmp_path / 'cell.html'
    (cell,) = cells.rglob('cell_0.png')
    options = [f'--{name}={value}' for name, value in trained.items()]
    assert predict.main([str(cell), f'--report={report}', *options]) == 0
    assert 'Differential count of 1 white blood cell<' in report.read_text()


@pytest.mark.parametrize(
    ('words', 'form'),
    [
        ([], 'table'),
        (['--out', 'a.csv'], 'csv'),
        (['--out', 'a.JSON'], 'json'),
        (['--out', 'a.txt'], 'table'),
        (['--out', 'a.csv', '--format', 'json'], 'json'),
        (['--format', 'csv'], 'csv'),
    ],
)
def test_the_ending_chooses_the_form(words, form):
    assert (
        predict.form_of(predict.build_parser().parse_args(['x', *words]))
        == form
    )
