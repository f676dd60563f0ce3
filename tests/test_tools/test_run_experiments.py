"""The runner of experiments in a process of its own, killed and whole."""

import csv
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from tool_process import REPOSITORY, ToolProcess

sys.path.append(str(REPOSITORY / 'tests' / 'test_reproduction'))
sys.path.insert(0, str(REPOSITORY / 'tools'))

import run_experiments
from fake_tools import attempts, write_driver

_WHAT = ('--methods', 'resnet50', 'epsa-sa-map', '--datasets', 'synthetic')
_WHAT += ('--scale', 'tiny', '--seeds', 0, 1)


@pytest.fixture
def driver(tmp_path):
    """The tool, with trainings that only pretend."""
    return write_driver(tmp_path)[0]


def tables(folder):
    """All that the tables say, but the time that runs took."""
    found = {
        path.name: path.read_text()
        for path in (folder / 'tables').iterdir()
        if path.name != 'runs.csv'
    }
    with open(folder / 'tables' / 'runs.csv', newline='') as f:
        found['runs'] = [
            {k: v for k, v in row.items() if k != 'minutes'}
            for row in csv.DictReader(f)
        ]
    return found


def test_killed_and_started_again_the_tables_are_the_same(
    driver, tmp_path, succeeds
):
    arguments = ('--out-dir', tmp_path / 'whole', *_WHAT)
    succeeds(driver, *arguments)
    tools = tmp_path / 'tools'
    everything = sorted(set(attempts(tools)))
    assert len(everything) == 6
    (tools / 'attempts').unlink()

    arguments = ('--out-dir', tmp_path / 'killed', *_WHAT)
    for number in (1, 4):
        process = ToolProcess(driver, *arguments, log=tmp_path / 'log')
        # as soon as a run has begun
        while len(attempts(tools)) < number:
            assert process._process.is_alive(), process.output
            time.sleep(0.005)
        os.kill(process._process.pid, signal.SIGKILL)
        assert process.wait()[0] == -signal.SIGKILL
    succeeds(driver, *arguments)
    assert sorted(set(attempts(tools))) == everything
    # only what was under way when it was killed was started again
    assert len(attempts(tools)) <= len(everything) + 2
    assert tables(tmp_path / 'killed') == tables(tmp_path / 'whole')


def test_a_failed_run_gives_status_1(driver, tmp_path, succeeds):
    (tmp_path / 'tools' / 'fail').write_text('resnet50/seed1|loss became nan')
    output = succeeds(driver, '--out-dir', tmp_path / 'out', *_WHAT, status=1)
    assert 'resnet50/seed1 failed: train.py ended with status 2' in output
    assert '6 of 6 runs' in output
    text = (tmp_path / 'out' / 'tables' / 'matrix.md').read_text()
    assert '1 of 2, 1 failed (1 diverged)' in text


def test_shares_become_rows_and_a_figure(driver, tmp_path, succeeds):
    arguments = ('--out-dir', tmp_path / 'out', *_WHAT, '--fractions', 1, 0.5)
    output = succeeds(driver, *arguments)
    with open(tmp_path / 'out' / 'tables' / 'matrix.csv', newline='') as f:
        rows = list(csv.DictReader(f))
    assert [row['share'] for row in rows] == ['0.5', '0.5', '1', '1']
    assert {row['state'] for row in rows} == {'2 of 2'}
    figure = tmp_path / 'out' / 'tables' / 'accuracy_against_labels.png'
    assert output.strip().endswith(str(figure))
    assert figure.read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ('--tables chen_table3', "there is no table 'chen_table3'"),
        ('--tables chen_table4 --datasets mnist', "is no dataset 'mnist'"),
        ('--tables chen_table4 --metrics x', "there is no metric 'x'"),
        ('--methods x --datasets pbc', "there is no method 'x'"),
        (
            '--tables daffnet_table4 --datasets lisc --map nowhere.pth',
            'there is no MAP nowhere.pth',
        ),
        ('--methods resnet50 --datasets lisc --seeds 0', 'LISC'),
        ('--tables daffnet_table6 --fractions 5', '0 and 1 (0.05 for 5 %)'),
    ],
)
def test_bad_input_is_one_sentence(arguments, words, tmp_path, fails):
    call = (f'run_experiments.py {arguments} --out-dir', tmp_path / 'out')
    assert words in fails(*call, LISC_ROOT=str(tmp_path / 'nothing'))


def test_lists(capsys, tmp_path):
    assert run_experiments.main(['--list']) == 0
    output = capsys.readouterr().out
    names = ('chen_table12', 'ldwbc', 'scam/peer/vgg19_raw', 'wbc/f1_macro')
    for name in (*names, 'daffnet_supplementary_table3'):
        assert name in output
    what = '--tables daffnet_table4 --datasets synthetic --scale tiny'
    run_experiments.main(
        ['--out-dir', str(tmp_path / 'out'), *what.split(), '--dry-run']
    )
    output = capsys.readouterr().out
    assert re.search(r'daffnet/seed2 .*after synthetic/map.dsl/seed2', output)
    assert output.strip().endswith('18 runs')
    assert not Path(tmp_path, 'out').exists()


@pytest.mark.long
def test_real_trainings(tmp_path, succeeds):
    loaders = [
        f'{part}_dataloader.{key}'
        for part in ('train', 'val', 'test')
        for key in ('num_workers=0', 'dataset.num_samples=24', 'batch_size=12')
    ]
    what = (
        'run_experiments.py --methods scam --datasets synthetic --scale tiny '
        '--seeds 0 --epochs 1 --image-size 32 --out-dir'
    )
    succeeds(what, tmp_path / 'out', '--cfg-options', *loaders)
    with open(tmp_path / 'out' / 'tables' / 'matrix.csv', newline='') as f:
        (row,) = csv.DictReader(f)
    assert row['state'] == '1 of 1'
    assert 0 <= float(row['wbc/accuracy']) <= 100
