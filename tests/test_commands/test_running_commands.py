"""Every documented command that can be run is run, at reduced size."""

import pytest
from documented import commands
from how_to_run import how_to_run
from runner import Runner
from world import build_world

pytestmark = pytest.mark.long


@pytest.fixture(scope='session')
def runner(tmp_path_factory):
    return Runner(build_world(tmp_path_factory.mktemp('world') / 'here'))


def runnable():
    """Each command once, wherever it is documented."""
    found = {}
    for command in commands():
        if command.form in ('typed', 'shortest'):
            found.setdefault((command.words, command.environment), command)
    return list(found.values())


@pytest.mark.parametrize('command', runnable(), ids=str)
def test_it_runs(command, runner):
    use = how_to_run(command)
    if use.reason:
        pytest.skip(f'parsed only: {use.reason}')
    runner.run(use)
