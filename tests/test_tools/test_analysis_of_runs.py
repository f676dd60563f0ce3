"""cross_dataset, robustness, plot_curves and plot_roc, end to end."""

import csv
import json

import pytest
import torch
from mmengine import Config
from mmpretrain.registry import MODELS
from PIL import Image
from tiny_run import CONFIG, tiny_config, train
from tool_process import run_tool

from daffnet_mm.structures import WBC5_CLASSES

CROSS = 'analysis_tools/cross_dataset.py'


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """A finished training of one epoch, and its folder."""
    folder = tmp_path_factory.mktemp('run')
    with pytest.MonkeyPatch.context() as patch:
        # Formatted anew for each checkpoint, which takes seconds.
        patch.setattr(
            Config, 'pretty_text', property(lambda cfg: f'{cfg.to_dict()!r}')
        )
        train(tiny_config(folder, train_cfg=dict(max_epochs=1)))
    return folder


def rows_of(path):
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def tool_error(tool, *arguments, log):
    status, output = run_tool(tool, *arguments, log=log)
    assert status == 2, output
    errors = [x for x in output.splitlines() if x.startswith('error: ')]
    assert len(errors) == 1 and 'Traceback' not in output
    return errors[0]


def test_cross_dataset(run, tmp_path):
    laboratory = tmp_path / 'other.py'
    laboratory.write_text(
        f"_base_ = '{CONFIG}'\n"
        'test_dataloader = dict(dataset=dict('
        "laboratory='b'))\n"
    )
    out = tmp_path / 'out'
    model = (CONFIG, run / 'best.pth')
    status, output = run_tool(
        CROSS,
        *model,
        *model,
        '--names',
        'one',
        'two',
        '--datasets',
        f'b={laboratory}',
        '--home',
        '--adapt-bn',
        '--num-workers',
        0,
        '--out-dir',
        out,
        '--no-figures',
        log=tmp_path / 'log',
    )
    assert status == 0, output

    rows = rows_of(out / 'cross_dataset.csv')
    assert [(r['classifier'], r['dataset']) for r in rows] == [
        (name, dataset)
        for name in ('one', 'one, adapted BN', 'two', 'two, adapted BN')
        for dataset in ('home', 'b')
    ]
    assert rows[0]['accuracy'] == rows[4]['accuracy']
    # What the training's own test found.
    metrics = json.loads((run / 'evaluation/wbc_metrics.json').read_text())
    assert float(rows[0]['accuracy']) == pytest.approx(
        metrics['metrics']['wbc/accuracy'], abs=1e-3
    )
    table = (out / 'cross_dataset.md').read_text()
    assert '| home (16 cells) | home, balanced | b (16 cells) |' in table
    first = json.loads((out / 'cross_dataset.json').read_text())[0]
    assert (
        first['confusion_matrix']['counts']
        == metrics['confusion_matrices']['cell_type']['counts']
    )
    assert (out / 'two_adapted' / 'b' / 'wbc_predictions.csv').is_file()

    # The folders are what plot_roc.py reads.
    figure = tmp_path / 'roc.png'
    status, output = run_tool(
        'analysis_tools/plot_roc.py',
        run,
        out / 'one' / 'b',
        '--out',
        figure,
        log=tmp_path / 'log',
    )
    assert status == 0, output
    assert Image.open(figure).size[0] > 1000
    areas = rows_of(figure.with_suffix('.csv'))
    assert {r['run'] for r in areas} == {run.name, 'b'}
    assert {'macro average', 'micro average'} < {r['curve'] for r in areas}


def test_robustness(run, tmp_path):
    status, output = run_tool(
        'analysis_tools/robustness.py',
        CONFIG,
        run / 'best.pth',
        '--corruptions',
        'jpeg',
        '--num-workers',
        0,
        '--out-dir',
        tmp_path,
        log=tmp_path / 'log',
    )
    assert status == 0, output
    rows = rows_of(tmp_path / 'robustness.csv')
    assert len(rows) == 6 and rows[0]['corruption'] == 'none'
    assert Image.open(tmp_path / 'robustness.png').size[0] > 400
    assert '| jpeg | 10 |' in (tmp_path / 'robustness.md').read_text()


def test_plot_curves(run, tmp_path):
    figure = tmp_path / 'curves.png'
    status, output = run_tool(
        'analysis_tools/plot_curves.py',
        run,
        '--out',
        figure,
        log=tmp_path / 'log',
    )
    assert status == 0, output
    rows = rows_of(figure.with_suffix('.csv'))
    assert [(r['key'], r['epoch']) for r in rows] == [
        ('loss', '1'),
        ('wbc/accuracy', '1'),
    ]


def test_one_sentence_each(run, tmp_path):
    log = tmp_path / 'log'
    model = (CONFIG, run / 'best.pth')
    assert 'nowhere is no dataset' in tool_error(
        CROSS, *model, '--datasets', f'nowhere={tmp_path}', log=log
    )
    assert 'does not exist' in tool_error(
        CROSS, *model, '--datasets', 'JTSC=nowhere', log=log
    )
    assert 'nothing to test on' in tool_error(CROSS, *model, log=log)
    assert 'a name of its own' in tool_error(
        CROSS, *model, '--datasets', 'home=x.py', log=log
    )

    cfg = Config.fromfile(CONFIG)
    cfg.model.head.num_classes = 8
    torch.save(MODELS.build(cfg.model).state_dict(), tmp_path / 'eight.pth')
    assert 'another number of classes' in tool_error(
        CROSS, CONFIG, tmp_path / 'eight.pth', '--home', log=log
    )
    assert 'has no logs' in tool_error(
        'analysis_tools/plot_curves.py', tmp_path, log=log
    )
    assert 'no run has logged nonsense; there are' in tool_error(
        'analysis_tools/plot_curves.py', run, '--keys', 'nonsense', log=log
    )
    assert 'has no predictions' in tool_error(
        'analysis_tools/plot_roc.py', tmp_path, log=log
    )
    assert 'no corruption fog' in tool_error(
        'analysis_tools/robustness.py', *model, '--corruptions', 'fog', log=log
    )
    assert WBC5_CLASSES[0] in tool_error(
        CROSS, *model, '--names', *WBC5_CLASSES, '--home', log=log
    )
