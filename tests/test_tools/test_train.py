import errno
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.utils.command_line import one_sentence_errors

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a tool in this process; give its exit status and what it wrote."""
    monkeypatch.delenv('DAFFNET_TRACEBACK', raising=False)

    def run(tool, *arguments):
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            runpy.run_path(str(TOOLS / tool), run_name='__main__')
        return caught.value.code, *capsys.readouterr()

    return run


@pytest.mark.parametrize('tool', ['train.py', 'test.py'])
def test_help_is_that_of_mmpretrain(run, tool):
    status, out, _ = run(tool, '--help')
    assert status == 0
    for option in ('--work-dir', '--amp', '--cfg-options', '--launcher'):
        assert option in out
    assert f'usage: {tool}' in out


def test_missing_config(tmp_path):
    missing = tmp_path / 'missing.py'
    process = subprocess.run(
        [sys.executable, TOOLS / 'train.py', missing],
        capture_output=True,
        text=True,
    )
    assert process.returncode == 2
    (line,) = (
        line
        for line in process.stderr.splitlines()
        if line.startswith('error: ')
    )
    assert str(missing) in line
    assert 'Traceback' not in process.stderr


def test_traceback_on_demand(monkeypatch, tmp_path):
    monkeypatch.setenv('DAFFNET_TRACEBACK', '1')
    monkeypatch.setattr(sys, 'argv', ['train.py', str(tmp_path / 'a.py')])
    with pytest.raises(FileNotFoundError):
        runpy.run_path(str(TOOLS / 'train.py'), run_name='__main__')


def test_missing_checkpoint(run, tmp_path):
    config = tmp_path / 'config.py'
    config.write_text(
        "model = dict(type='ImageClassifier', backbone=dict(type='ResNet', "
        'depth=18))\n'
        "test_dataloader = dict(dataset=dict(type='SyntheticWBC', "
        'pipeline=[]), batch_size=1)\n'
        "test_evaluator = dict(type='WBCMetric')\n"
        'test_cfg = dict()\n'
        "default_scope = 'mmpretrain'\n"
        f"work_dir = '{tmp_path}/work'\n"
    )
    status, _, error = run('test.py', config, tmp_path / 'missing.pth')
    assert status == 2
    assert 'missing.pth does not exist' in error


@pytest.mark.parametrize(
    ('error', 'sentence'),
    [
        (InputError('a.csv: line 3 has\n  no name.'), 'a.csv: line 3 has no'),
        (FileNotFoundError(2, 'No such file', 'a.csv'), 'a.csv does not exi'),
        (FileNotFoundError('a.csv is missing.'), 'a.csv is missing.'),
        # as a data loader hands over an error of its worker
        (
            InputError(
                'Caught InputError in DataLoader worker process 0.\n'
                'Original Traceback (most recent call last):\n'
                '  File "x.py", line 3, in y\n'
                'daffnet_lite.errors.InputError: a.jpg is broken.\n'
            ),
            'a.jpg is broken.',
        ),
    ],
)
def test_sentences(capsys, monkeypatch, error, sentence):
    monkeypatch.delenv('DAFFNET_TRACEBACK', raising=False)
    with pytest.raises(SystemExit) as caught, one_sentence_errors():
        raise error
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith(f'error: {sentence}')


@pytest.mark.parametrize(
    ('error', 'sentence'),
    [
        (
            OSError(errno.ENOSPC, 'No space left on device', 'a.pth'),
            'a.pth cannot be used (No space left on device): make room, or',
        ),
        (
            OSError(errno.EROFS, 'Read-only file system', 'x\ny'),
            'x\\ny cannot be used (Read-only file system): name another',
        ),
        (
            PermissionError(errno.EACCES, 'Permission denied', b'/a'),
            '/a cannot be used (Permission denied): change its permissions',
        ),
        (
            OSError(errno.EDQUOT, 'Disk quota exceeded'),
            'a file cannot be used (Disk quota exceeded): make room',
        ),
        (OSError('no\nnumber'), 'no number'),
    ],
)
def test_errors_of_files(capsys, monkeypatch, error, sentence):
    monkeypatch.delenv('DAFFNET_TRACEBACK', raising=False)
    with pytest.raises(SystemExit) as caught, one_sentence_errors():
        raise error
    assert caught.value.code == 2
    written = capsys.readouterr().err
    assert written.startswith(f'error: {sentence}')
    assert written.count('\n') == 1


PRINTS = """
from daffnet_lite.utils.command_line import run_tool
def main():
    print('x' * 100_000)
    return 0
raise SystemExit(run_tool(main))
"""


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='no /dev/full')
def test_a_result_that_nobody_can_take():
    command = [sys.executable, '-c', PRINTS]
    with open('/dev/full', 'w') as full:
        process = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert process.returncode == 2
    assert process.stderr.splitlines()[-1].startswith(
        'error: a file cannot be used (No space left on device)'
    )
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        command, stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert process.returncode == 141
    for text in ('Traceback', 'Exception ignored', 'error'):
        assert text not in process.stderr


def test_errors_of_the_program_keep_their_traceback():
    with pytest.raises(ZeroDivisionError), one_sentence_errors():
        1 / 0  # noqa: B018
