"""A short run of the fuzzing, and whether it would notice."""

import os
import signal
import time

import pytest
import torch
from mmengine.runner import CheckpointLoader
from tool_process import REPOSITORY, load_tool, run_tool

SCRIPT = REPOSITORY / 'reliability' / 'fuzz_checkpoints.py'


@pytest.fixture(scope='module')
def fuzzing():
    return load_tool(SCRIPT)


def test_forty_mutations(tmp_path):
    """None crashes, hangs, runs code or ends in a traceback."""
    kept = tmp_path / 'kept'
    status, output = run_tool(
        SCRIPT, '--number', '40', '--out-dir', kept, log=tmp_path / 'log'
    )
    assert status == 0, output
    counts = {
        line.split('│')[1].strip(): int(line.split('│')[-2])
        for line in output.splitlines()
        if line.startswith('│')
    }
    assert set(counts) == {'loaded', 'refused in one sentence'}
    assert sum(counts.values()) == 40 and min(counts.values()) > 0
    assert not list(kept.iterdir())


def run_code(*_):
    os.mkdir(os.devnull)


def take_memory(*_):
    return b'\1' * (700 * 2**20)


def crash(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def hang(*_):
    time.sleep(9)


@pytest.mark.parametrize(
    ('deed', 'verdict'),
    [
        (run_code, 'ran code'),
        (take_memory, 'took too much memory'),
        (crash, 'crashed (SIGKILL)'),
        (hang, 'hung'),
    ],
)
def test_what_it_would_notice(fuzzing, monkeypatch, tmp_path, deed, verdict):
    monkeypatch.setattr(CheckpointLoader, 'load_checkpoint', deed)
    if deed is hang:  # the others may take their time on a busy machine
        monkeypatch.setattr(fuzzing, 'TIMEOUT', 2)
    path = tmp_path / 'a.pth'
    torch.save(dict(a=torch.ones(1)), path)
    found = fuzzing.in_a_process(fuzzing.load_and_use, path)
    assert fuzzing.name_of(found) == verdict
