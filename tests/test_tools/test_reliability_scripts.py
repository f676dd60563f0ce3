"""Whether the long scripts would notice what they look for."""

import sys

import pytest
from tool_process import REPOSITORY, load_tool

from daffnet_lite.errors import InputError


@pytest.fixture(scope='module')
def scale():
    return load_tool(REPOSITORY / 'reliability' / 'scale.py')


@pytest.fixture(scope='module')
def doors():
    return load_tool(REPOSITORY / 'reliability' / 'checkpoint_doors.py')


@pytest.fixture(scope='module')
def bad_inputs():
    return load_tool(REPOSITORY / 'reliability' / 'bad_inputs.py')


CHILD = """
import subprocess, sys, time
if sys.argv[1:]:
    held = bytearray(b'x') * (200 * 2**20)
    time.sleep(1)
else:
    subprocess.run([sys.executable, __file__, 'child'], check=True)
"""


def test_memory_of_children_counts(scale, tmp_path):
    (tmp_path / 'a.py').write_text(CHILD)
    command = [sys.executable, str(tmp_path / 'a.py')]
    seconds, memory = scale.measure(command, tmp_path / 'log')
    assert seconds > 1 and 200 < memory < 300
    with pytest.raises(RuntimeError, match='ended with 3'):
        scale.measure([sys.executable, '-c', 'exit(3)'], tmp_path / 'log')


def test_cells_are_all_unlike(scale, tmp_path):
    for label in scale.WBC5_CLASSES:
        (tmp_path / label).mkdir()
    for index in range(20):
        scale.paint(tmp_path, 20, 64, index)
    files = [path.read_bytes() for path in tmp_path.rglob('*.jpg')]
    assert len(set(files)) == 20


def test_sixty_checkpoints_and_the_doors(doors):
    assert (len(doors.KINDS), len(doors.DOORS)) == (60, 21)


def raising(error):
    def door(path, files):
        raise error(path)

    return door


@pytest.mark.parametrize(
    ('door', 'fault'),
    [
        (lambda path, files: None, 'was taken'),
        (raising(ValueError), 'ValueError'),
        (lambda path, files: sys.exit(1), 'ended with 1'),
        (lambda path, files: sys.exit(2), 'does not name the file'),
        (raising(lambda p: InputError(f'{p}\nx')), 'no one sentence'),
        (raising(lambda p: InputError(f'{p} weights_only')), 'advises'),
    ],
)
def test_doors_that_are_open(doors, door, fault):
    assert fault in doors.go_through(door, 'a.pth', None)
    assert doors.go_through(raising(InputError), 'a.pth', None) == ''


class Tool:
    """Says what it is told to, and ends as it is told to."""

    @staticmethod
    def main(words):
        print(words[0], file=sys.stderr)
        raise SystemExit(int(words[1]))


@pytest.mark.parametrize(
    ('text', 'status', 'fault'),
    [
        ('error: a.png is broken', 2, ''),
        ('error: a.png is broken', 1, 'ended with 1'),
        ('error: it is broken', 2, 'does not say'),
        ('a.png is broken', 2, 'said'),
        ('error: a.png is broken\nerror: a.png', 2, 'said'),
        ('Traceback\nerror: a.png', 2, 'ended with 2'),
    ],
)
def test_answers_that_are_wrong(bad_inputs, monkeypatch, text, status, fault):
    monkeypatch.setitem(bad_inputs.TOOLS, 'audit', Tool)
    case = ('kind', 'audit', [text, status], 'a.png')
    (found,) = bad_inputs.check_cases([case]).values()
    assert fault in found and bool(fault) == bool(found)
