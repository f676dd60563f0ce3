import subprocess
import sys

import pytest
from mmengine import Config

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import claims
from daffnet_lite.fileio.claims import claim_folder
from daffnet_mm.reproduction.recipes import Recipe
from daffnet_mm.reproduction.training_steps import (
    Outcome,
    StepFailedError,
    complete,
    keep_config,
    read_outcome,
    run_logged,
)


class Tools:
    """Stands for the tools: notes what is called, leaves what they leave."""

    def __init__(self):
        self.calls = []
        self.error = None
        self.evaluates = True

    def __call__(self, tool, arguments, lock):
        self.calls.append([tool, *map(str, arguments)])
        if self.error:
            raise self.error
        if tool == 'train.py' and self.evaluates:
            (arguments[2] / 'evaluation').mkdir()


@pytest.fixture
def tools():
    return Tools()


def test_a_training_is_done_once(tmp_path, tools):
    for _ in range(2):
        outcome = complete(tmp_path, 'config.py', tools)
        assert outcome == read_outcome(tmp_path)
        assert (outcome.state, outcome.error) == ('finished', None)
    assert tools.calls == [
        ['train.py', 'config.py', '--work-dir', str(tmp_path), '--resume']
    ]


def test_what_has_to_be_labelled_is_labelled_first(tmp_path, tools):
    complete(tmp_path, 'config.py', tools, tmp_path / 'teacher.pth')
    assert [call[:3] for call in tools.calls] == [
        ['pseudo_label.py', 'config.py', str(tmp_path / 'teacher.pth')],
        ['train.py', 'config.py', '--work-dir'],
    ]


@pytest.mark.parametrize(
    'error', [StepFailedError('no\nluck'), OSError('no luck')]
)
def test_a_failed_training_says_why_and_is_tried_again(tmp_path, tools, error):
    tools.error = error
    outcome = complete(tmp_path, 'config.py', tools)
    assert (outcome.state, outcome.error) == ('failed', 'no luck')
    assert read_outcome(tmp_path) == outcome
    tools.error = None
    complete(tmp_path, 'config.py', tools)
    assert read_outcome(tmp_path).state == 'finished'
    assert not (tmp_path / 'failed.json').exists()


def test_a_training_without_an_evaluation_has_failed(tmp_path, tools):
    tools.evaluates = False
    outcome = complete(tmp_path, 'config.py', tools)
    assert 'without an evaluation' in outcome.error


def test_what_was_interrupted_has_not_ended(tmp_path, tools):
    tools.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        complete(tmp_path, 'config.py', tools)
    assert read_outcome(tmp_path) is None


def test_output_goes_to_a_file_and_its_last_line_into_the_error(tmp_path):
    log = tmp_path / 'train.log'
    with claim_folder(tmp_path) as claim:
        lock = claim.fileno()
        run_logged([sys.executable, '-c', 'print(1)'], log, lock)
        program = "print('Traceback'); print('error: no data'); exit(3)"
        with pytest.raises(
            StepFailedError,
            match='train.py ended with status 3: error: no data .see .*train',
        ) as caught:
            run_logged([sys.executable, '-c', program], log, lock)
        assert 'Traceback' not in str(caught.value)
        with pytest.raises(StepFailedError, match='was ended by signal 15'):
            run_logged(
                ['sleep', '60'], log, lock, lambda process: process.terminate()
            )
    assert log.read_text() == '1\nTraceback\nerror: no data\n'


def test_other_settings_are_not_mixed_in(tmp_path):
    base = tmp_path / 'base.py'
    base.write_text('seed = 0\nother = 1\n')
    found = Recipe.of_file(base)
    cfg = found.load()
    cfg.seed = 5
    path = keep_config(found, cfg, tmp_path / 'run')
    # to be trained again, and short
    assert Config.fromfile(path).to_dict() == dict(seed=5, other=1)
    assert 'other = ' not in path.read_text()
    assert keep_config(found, cfg, tmp_path / 'run') == path
    # also if the files that it builds on have changed
    base.write_text('seed = 0\nother = 2\n')
    changed = found.load()
    changed.seed = 5
    cfg.seed = 6
    for other in (cfg, changed):
        with pytest.raises(InputError, match='other settings'):
            keep_config(found, other, tmp_path / 'run')


def test_a_training_that_outlived_its_parent_is_left_alone(
    tmp_path, tools, monkeypatch
):
    monkeypatch.setattr(claims, 'PATIENCE', 0)
    with claim_folder(tmp_path) as claim:
        lock = claim.fileno()
        orphan = subprocess.Popen(['sleep', '60'], pass_fds=(lock,))
    # the claim is given back here, but not by the process started meanwhile
    try:
        with pytest.raises(InputError, match='another process is working'):
            complete(tmp_path, 'config.py', tools)
        assert not tools.calls

        def end_it():
            orphan.kill()
            orphan.wait()
            return True

        # who waits gets its turn
        complete(tmp_path, 'config.py', tools, wait=end_it)
    finally:
        orphan.kill()
        orphan.wait()
    assert len(tools.calls) == 1
    assert isinstance(read_outcome(tmp_path), Outcome)
