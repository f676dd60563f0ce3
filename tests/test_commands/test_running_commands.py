"""Every documented command that can be run is run, at reduced size."""

import pytest
from how_to_run import uses
from runner import Runner
from world import build_world

pytestmark = pytest.mark.long


@pytest.fixture(scope='session')
def runner(tmp_path_factory):
    return Runner(build_world(tmp_path_factory.mktemp('world') / 'here'))


def runnable():
    """Each command once, wherever it is documented."""
    found = {}
    for use in uses():
        if use.tool and use.reason is None:
            command = use.command
            key = (use.tool, *use.arguments, *command.environment)
            found.setdefault(key, pytest.param(use, id=str(command)))
    return list(found.values())


@pytest.mark.parametrize('use', runnable())
def test_it_runs(use, runner):
    runner.run(use)
