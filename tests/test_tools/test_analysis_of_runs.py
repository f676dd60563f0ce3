"""cross_dataset, robustness, plot_curves and plot_roc, end to end."""

import csv
import json

import pytest
import torch
from mmengine import Config
from mmpretrain.registry import MODELS
from PIL import Image
from tiny_run import CONFIG, tiny_config, train

from daffnet_lite.fileio import claims
from daffnet_lite.fileio.claims import claim_folder
from daffnet_lite.fileio.leftovers import temporary_name

CROSS, CURVES, ROC, ROBUSTNESS = (
    f'analysis_tools/{name}.py'
    for name in ('cross_dataset', 'plot_curves', 'plot_roc', 'robustness')
)


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


def half_written(path):
    """What a killed run leaves of a file."""
    path.parent.mkdir(exist_ok=True)
    left = temporary_name(path)
    left.touch()
    return left


def words(path):
    """A page without the spaces that align its columns."""
    return ' '.join(path.read_text().split())


def test_cross_dataset(run, tmp_path, succeeds):
    laboratory = tmp_path / 'other.py'
    laboratory.write_text(
        f"_base_ = '{CONFIG}'\n"
        'test_dataloader = dict(dataset=dict('
        "laboratory='b'))\n"
    )
    out = tmp_path / 'out'
    model = (CONFIG, run / 'best.pth')
    options = '--names one two --home --adapt-bn --num-workers 0 --no-figures'
    data = ('--datasets', f'b={laboratory}', '--out-dir', out)
    left = half_written(out / 'cross_dataset.csv')
    succeeds(CROSS, *model, *model, *options.split(), *data)
    assert not left.exists() and not list(out.rglob('*.lock'))

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
    table = words(out / 'cross_dataset.md')
    assert '| home (16 cells) | home, balanced | b (16 cells) |' in table
    first = json.loads((out / 'cross_dataset.json').read_text())[0]
    assert (
        first['confusion_matrix']['counts']
        == metrics['confusion_matrices']['cell_type']['counts']
    )
    assert (out / 'two_adapted' / 'b' / 'wbc_predictions.csv').is_file()

    # The folders are what plot_roc.py reads.
    figure = tmp_path / 'roc.png'
    left = half_written(tmp_path / 'roc.csv')
    succeeds(ROC, run, out / 'one' / 'b', '--out', figure)
    assert not left.exists()
    assert Image.open(figure).size[0] > 1000
    areas = rows_of(figure.with_suffix('.csv'))
    assert {r['run'] for r in areas} == {run.name, 'b'}
    assert {'macro average', 'micro average'} < {r['curve'] for r in areas}


def test_robustness(run, tmp_path, succeeds):
    options = ['--corruptions', 'jpeg', '--num-workers', '0', '--out-dir']
    left = half_written(tmp_path / 'robustness.png')
    succeeds(ROBUSTNESS, CONFIG, run / 'best.pth', *options, tmp_path)
    assert not left.exists() and not list(tmp_path.rglob('*.lock'))
    rows = rows_of(tmp_path / 'robustness.csv')
    assert len(rows) == 6 and rows[0]['corruption'] == 'none'
    assert Image.open(tmp_path / 'robustness.png').size[0] > 400
    assert '| jpeg | 10 |' in words(tmp_path / 'robustness.md')


def impatient(_):
    claims.PATIENCE = 0.1


@pytest.mark.parametrize('tool', [CROSS, ROBUSTNESS])
def test_one_at_a_time_in_a_folder(run, tmp_path, fails, tool):
    words = [tool, CONFIG, run / 'best.pth', '--out-dir', tmp_path / 'out']
    words += ['--home'] if tool == CROSS else []
    with claim_folder(tmp_path / 'out'):
        line = fails(*words, before=impatient)
    assert f'another process is working in {tmp_path / "out"}' in line
    assert not list((tmp_path / 'out').iterdir())


def test_plot_curves(run, tmp_path, succeeds):
    figure = tmp_path / 'curves.png'
    succeeds(CURVES, run, '--out', figure)
    rows = rows_of(figure.with_suffix('.csv'))
    assert [(r['key'], r['epoch']) for r in rows] == [
        ('loss', '1'),
        ('wbc/accuracy', '1'),
    ]


def test_one_sentence_each(run, tmp_path, fails):
    model = (CONFIG, run / 'best.pth')
    cfg = Config.fromfile(CONFIG)
    cfg.model.head.num_classes = 8
    eight = tmp_path / 'eight.pth'
    torch.save(MODELS.build(cfg.model).state_dict(), eight)
    for call, words in [
        (
            (CROSS, *model, '--datasets', f'nowhere={tmp_path}'),
            'nowhere is no dataset',
        ),
        ((CROSS, *model, '--datasets', 'JTSC=nowhere'), 'does not exist'),
        ((CROSS, *model), 'nothing to test on'),
        ((CROSS, *model, '--datasets', 'home=x.py'), 'a name of its own'),
        ((CROSS, CONFIG, eight, '--home'), 'another number of classes'),
        ((CROSS, *model, '--home', '--names', 'a', 'b'), 'a, b'),
        ((CURVES, tmp_path), 'has no logs'),
        (
            (CURVES, run, '--keys', 'nonsense'),
            'no run has logged nonsense; there are',
        ),
        ((ROC, tmp_path), 'has no predictions'),
        ((ROBUSTNESS, *model, '--corruptions', 'fog'), 'no corruption fog'),
    ]:
        assert words in fails(*call)
