"""An image that cannot be read costs itself, in every tool that tests."""

import csv
import json

import pytest
from mmengine import Config
from tiny_run import CONFIG, PREDICTOR
from tool_process import load_tool
from trained_cells import (
    PIPELINE,
    make_map,
    write_cells,
    write_classifier,
)

from daffnet_lite.structures import WBC5_CLASSES

NAME = 'monocyte/monocyte_1.png'


@pytest.fixture
def folder(tmp_path):
    """Five cells a class, of which one is cut off; all are tested on."""
    write_cells(tmp_path / 'pbc', dict.fromkeys(WBC5_CLASSES, 5))
    broken = tmp_path / 'pbc' / NAME
    broken.write_bytes(broken.read_bytes()[:200])
    return tmp_path


@pytest.fixture
def classifier(folder):
    config, checkpoint = write_classifier(folder, WBC5_CLASSES)
    with open(config, 'a') as file:
        file.write(
            'test_dataloader.update(num_workers=0)\n'
            'test_dataloader["dataset"].update(split=None)\n'
            'val_dataloader = test_dataloader\n'
        )
    return config, checkpoint


def run(tool, capsys, *arguments):
    """Run a tool in this process; it must name the image and go on."""
    status = load_tool(tool).main([*map(str, arguments), '--device', 'cpu'])
    assert status == 1
    assert_named(capsys.readouterr().err)


def assert_named(output):
    assert 'Traceback' not in output
    lines = [x for x in output.splitlines() if x.startswith('error: ')]
    assert len(lines) == 1
    assert NAME in lines[0] and lines[0].endswith('; it is left out')


def test_cross_dataset(folder, classifier, capsys):
    run(
        'analysis_tools/cross_dataset.py',
        capsys,
        *classifier,
        '--home',
        '--datasets',
        f'pbc={folder}/pbc',
        '--adapt-bn',
        '--no-figures',
        '--out-dir',
        folder / 'out',
    )
    rows = json.loads((folder / 'out' / 'cross_dataset.json').read_text())
    assert [row['cells'] for row in rows] == [24] * 4


def test_robustness(folder, classifier, capsys):
    run(
        'analysis_tools/robustness.py',
        capsys,
        *classifier,
        '--corruptions',
        'jpeg',
        '--out-dir',
        folder / 'out',
    )
    with open(folder / 'out' / 'robustness.csv', newline='') as file:
        assert {row['cells'] for row in csv.DictReader(file)} == {'24'}


def test_calibration(folder, classifier, capsys):
    out = folder / 'out.pth'
    run('analysis_tools/calibrate_map.py', capsys, *classifier, '--out', out)
    assert out.is_file()


@pytest.mark.parametrize('processes', [1, 2])
def test_pseudo_labelling(folder, capsys, processes):
    config, out = folder / 'map.py', folder / 'labels.json'
    cfg = Config.fromfile(CONFIG)
    cfg.merge_from_dict(dict(model=dict(PREDICTOR, _delete_=True)))
    cfg.test_dataloader.dataset.pipeline = PIPELINE
    cfg.dump(config)
    data = folder / 'data.py'
    dataset = dict(type='PBC', data_root=f'{folder}/pbc', classes=WBC5_CLASSES)
    data.write_text(f'train_dataloader = dict(dataset={dataset})\n')
    arguments = (
        config,
        make_map(folder / 'map.pth'),
        '--dataset',
        data,
        '--out',
        out,
        '--num-workers',
        0,
        '--batch-size',
        4,
        '--num-processes',
        processes,
    )
    run('pseudo_label.py', capsys, *arguments)
    labels = json.loads(out.read_text())['values']
    assert len(labels) == 24 and f'PBC/{NAME.split("/")[1]}' not in labels


@pytest.mark.parametrize('wrapped', [False, True])
def test_testing(folder, classifier, succeeds, wrapped):
    config, checkpoint = classifier
    if wrapped:
        with open(config, 'a') as file:
            file.write(
                'del test_dataloader["dataset"]["_delete_"]\n'
                'test_dataloader["dataset"] = dict(_delete_=True, '
                'type="ConcatDataset", datasets=[test_dataloader["dataset"]])'
                '\n'
            )
    output = succeeds(
        'test.py',
        config,
        checkpoint,
        '--work-dir',
        folder / 'run',
        '--cfg-options',
        'test_dataloader.num_workers=1',
        status=1,
    )
    assert_named(output)
    tables = (folder / 'run').rglob('wbc_predictions.csv')
    with open(next(tables), newline='') as file:
        assert len(list(csv.DictReader(file))) == 24


def test_a_config_may_want_to_stop(folder, classifier, fails):
    error = fails(
        'test.py',
        *classifier,
        '--work-dir',
        folder / 'run',
        '--cfg-options',
        'test_dataloader.dataset.skip_broken=False',
    )
    assert NAME in error


def test_nothing_but_broken_images(folder, classifier, succeeds):
    for image in (folder / 'pbc').rglob('*.png'):
        image.write_bytes(b'')
    options = ('--work-dir', folder / 'run')
    output = succeeds('test.py', *classifier, *options, status=2)
    assert 'Traceback' not in output
    *named, last = (x for x in output.splitlines() if x.startswith('error: '))
    assert len(named) == 25 and 'none of the 25 images' in last
