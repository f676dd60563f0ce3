"""The long attacks, in short; and that they notice what they look for."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).resolve().parents[2])
FOLDER = Path(ROOT) / 'reliability'


@pytest.fixture
def attack(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import kill_tools

    return kill_tools


class Run:
    """Stands for a run of a tool: how it ends, and what it leaves."""

    plan = []
    pid = 0

    def __init__(self, words, log):
        self.status, self.output, deed = self.plan.pop(0)
        # One that is to be killed goes on until it is.
        self.ended = self.status in (0, 2)
        if deed:
            deed()

    def wait(self, seconds):
        return self.status if self.ended else None

    def signal(self, number, group=False):
        self.ended = True

    def kill(self):
        pass


@pytest.fixture
def trials(attack, monkeypatch, tmp_path):
    """Trials of a tool of which each run is told how to go."""
    monkeypatch.setattr(attack, 'ToolRun', Run)
    monkeypatch.setattr(attack, 'living', lambda *_: [])
    results = []
    job = attack.Job(
        lambda out: [], lambda out: results.pop() if results else 'right'
    )
    Run.plan = [(0, '', None)]
    made = attack.Trials('tool', job, tmp_path, 0)

    def end(*runs, kind='SIGTERM to the main process'):
        Run.plan = list(runs)
        made.trial([kind] * (len(runs) - 1), random.Random(0))
        return made.faults

    end.results, end.trials = results, made
    return end


STOPPED = (143, 'stopped: again', None)
GOOD = (0, '', None)


def test_nothing_wrong(trials):
    assert trials(STOPPED, GOOD) == []
    group = 'SIGKILL to the group'
    assert trials((-signal.SIGKILL, 'x', None), GOOD, kind=group) == []
    assert sum(trials.trials.kills.values()) == 2
    assert trials.trials.restarted == 2


@pytest.mark.parametrize(
    ('stopped', 'fault'),
    [
        ((1, 'stopped: again', None), 'status 1'),
        ((143, 'Traceback\nstopped: again', None), 'not one line'),
        ((143, '', None), 'not one line'),
        ((143, 'stopped: a\nstopped: b', None), 'not one line'),
        ((-signal.SIGTERM, 'stopped: again', None), 'not one line'),
    ],
)
def test_an_end_that_is_not_one_line(trials, stopped, fault):
    (found,) = trials(stopped, GOOD)
    assert found == f'SIGTERM to the main process: {fault}'


def test_another_result(trials):
    trials.results.append('wrong')
    assert trials(STOPPED, GOOD) == ['the result differs']


def test_something_left(trials, tmp_path):
    def leave():
        (tmp_path / 'tool' / 'trial_1' / '.x.lock').touch()

    assert trials(STOPPED, (0, '', leave)) == ["left ['.x.lock']"]


def test_an_orphan(trials, attack, monkeypatch):
    monkeypatch.setattr(attack, 'living', lambda *_: [1])
    monkeypatch.setattr(attack, 'GRACE', 0.1)
    (fault,) = trials(STOPPED, GOOD)
    assert fault.endswith('a process outlives it')


def test_a_last_run_that_fails(trials):
    assert trials(STOPPED, (2, '', None))[0].startswith('the last run ended')


EARLY = """
import signal, sys
from pathlib import Path
from tool_runs import ToolRun
log = Path(sys.argv[1])
for number in 20 * [signal.SIGTERM, signal.SIGINT]:
    run = ToolRun(['print_config.py', '--help'], log)
    run.signal(number, group=number == signal.SIGINT)
    print(run.wait(60), run.output.count('stopped: '))
    log.write_text('stopped: by an earlier run')
"""


@pytest.mark.skipif(not Path('/proc/self').is_dir(), reason='no /proc')
def test_a_tool_that_is_told_to_stop_at_once(tmp_path):
    """What is killed is the tool, not the process that it is forked from."""
    result = subprocess.run(
        [sys.executable, '-c', EARLY, tmp_path / 'log'],
        capture_output=True,
        text=True,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join([str(FOLDER), ROOT])),
    )
    assert result.returncode == 0, result.stderr
    ends = set(result.stdout.splitlines())
    # or it had ended well in between, or was about to end
    late = {'0 0', '-15 0', '-2 0'}
    assert ends - late <= {'143 1', '130 1'} and '143 1' in ends


@pytest.mark.long
@pytest.mark.skipif(not Path('/proc/self').is_dir(), reason='no /proc')
@pytest.mark.parametrize(
    'words', ['kill_tools.py --kills 2', 'two_writers.py --trials 1']
)
def test_in_short(tmp_path, words):
    script, *options = words.split()
    command = [sys.executable, FOLDER / script, *options]
    command += ['--tools', 'publish', '--out-dir', tmp_path / 'out']
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
