"""Ctrl-C and SIGTERM end a program with one line."""

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from daffnet_lite.utils.command_line import BEGINS_ANEW
from daffnet_lite.utils.stopping import not_now, stopping

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAM = """
import os, sys, time

class Half:
    def __del__(self):
        raise AttributeError('was being made')

half = Half()
from daffnet_lite.utils.worker_pool import run_in_pool
from daffnet_lite.utils.command_line import GOES_ON, run_tool

def work(_):
    # at once, for two of them may write
    os.write(1, b'begun\\n')
    time.sleep(3)

def main():
    try:
        list(run_in_pool(work, range(20), {workers}))
    finally:
        print('cleared up', flush=True)
    return 0

if __name__ == '__main__':
    raise SystemExit(run_tool(main, GOES_ON))
"""
LINE = 'stopped: the same command goes on where it stopped\n'


@pytest.mark.parametrize(('workers', 'group'), [(0, False), (2, True)])
@pytest.mark.parametrize(
    ('number', 'status'), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_tool_with_workers(tmp_path, number, status, workers, group):
    path = tmp_path / 'program.py'
    path.write_text(PROGRAM.format(workers=workers))
    process = subprocess.Popen(
        [sys.executable, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == 'begun\n'
    (os.killpg if group else os.kill)(process.pid, number)
    output, error = process.communicate(timeout=30)
    assert process.returncode == status
    assert 'cleared up' in output
    lines = [x for x in error.splitlines() if 'warn' not in x.lower()]
    assert '\n'.join(lines) + '\n' == LINE


@pytest.mark.parametrize(
    ('words', 'line'),
    [
        ([REPOSITORY / 'tools' / 'train.py', '--help'], 'nothing was begun'),
        (['-m', 'daffnet_lite', 'explain', 'no.png'], BEGINS_ANEW),
    ],
    ids=['a tool', 'the command'],
)
@pytest.mark.parametrize(
    ('number', 'status'), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_while_it_starts(number, status, words, line, tmp_path):
    process = subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(REPOSITORY)),
    )
    maps = Path(f'/proc/{process.pid}/maps')
    if not maps.exists():
        process.kill()
        pytest.skip('no /proc')
    # as soon as PyTorch's libraries come
    while 'libtorch' not in maps.read_text():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    process.send_signal(number)
    output, error = process.communicate(timeout=30)
    assert process.returncode == status
    assert output == '' and error.endswith(f'stopped: {line}\n')
    assert 'Traceback' not in error


def test_the_commands_script_is_a_tool(tmp_path):
    path = tmp_path / 'daffnet'
    path.write_text(
        'import signal\n'
        'import daffnet_lite.utils.stopping as module\n'
        'handler = signal.getsignal(signal.SIGTERM)\n'
        'print(module._is_tool(), handler is module.stop_early)\n'
    )
    result = subprocess.run(
        [sys.executable, path], capture_output=True, text=True
    )
    assert result.stdout == 'True True\n'


def test_who_heard_of_it_first_is_not_blamed(capsys):
    with pytest.raises(SystemExit) as caught, stopping('again'):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        except KeyboardInterrupt:
            raise RuntimeError('a worker was killed') from None
    assert caught.value.code == 143
    assert capsys.readouterr().err == 'stopped: again\n'


def test_handlers_are_given_back():
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with stopping('again'):
        assert signal.getsignal(signal.SIGTERM) != before[1]
    with pytest.raises(ZeroDivisionError), stopping('again'):
        1 / 0  # noqa: B018
    after = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    assert after == before


def test_a_program_of_somebody_else_is_left_alone(tmp_path):
    path = tmp_path / 'program.py'
    path.write_text(
        'import signal\n'
        'import daffnet_lite.utils.stopping as module\n'
        'print(module._is_tool(), signal.getsignal(signal.SIGTERM))\n'
    )
    result = subprocess.run(
        [sys.executable, path], capture_output=True, text=True
    )
    assert result.stdout == 'False 0\n'


@pytest.fixture
def keyboard_interrupts():
    """What Ctrl-C does by default; a job in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def half_done(done):
    with not_now():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        done.append(1)


@pytest.mark.parametrize('handler', [signal.default_int_handler, 'stopping'])
def test_what_must_not_be_left_half_done(handler, keyboard_interrupts):
    done = []
    context = stopping('again') if handler == 'stopping' else nullcontext()
    with pytest.raises((KeyboardInterrupt, SystemExit)), context:
        half_done(done)
        time.sleep(1)
        done.append(2)
    assert done == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
