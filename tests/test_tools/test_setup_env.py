"""The set-up installs the package where a half or its command is missing."""

import os
import subprocess
import sys

import pytest
from tool_process import REPOSITORY

#: It notes what pip is to do, and finds that the requirements work together.
PYTHON = """#!/bin/bash
if [ "$1" = -m ]; then
    echo "${{@: -1}}" >>{log}
elif [ "$1" != -W ]; then
    exec {python} "$@"
fi
"""
METADATA = 'Metadata-Version: 2.1\nName: daffnet-mm\nVersion: 0.1.0\n'
COMMAND = '[console_scripts]\ndaffnet = {}\n'


def set_up(python, here=REPOSITORY, **variables):
    """Source the script from the root, as who stands in a folder."""
    script = 'here=$PWD; cd "$0"; source tools/setup_env.sh'
    return subprocess.run(
        ['bash', '-c', f'{script}; echo "with $PYTHON"', REPOSITORY],
        cwd=here,
        env=dict(os.environ, PYTHON=str(python), **variables),
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ('entry_points', 'places', 'installs'),
    [
        (COMMAND.format('daffnet_lite.commands.main:main'), 'here', False),
        ('', 'here', True),
        (COMMAND.format('elsewhere:main'), 'here', True),
        (COMMAND.format('daffnet_lite.commands.main:main'), 'other', True),
    ],
    ids=['whole', 'no command', 'an old command', 'of another folder'],
)
def test_what_is_installed(tmp_path, entry_points, places, installs):
    # What is first on the path is what is installed.
    site = tmp_path / 'site'
    metadata = site / 'daffnet_mm-0.1.0.dist-info'
    metadata.mkdir(parents=True)
    (metadata / 'METADATA').write_text(METADATA)
    (metadata / 'entry_points.txt').write_text(entry_points)
    root = REPOSITORY
    if places == 'other':
        root = tmp_path / 'other'
        for name in ('daffnet_lite', 'daffnet_mm'):
            (root / name).mkdir(parents=True)
            (root / name / '__init__.py').touch()
    log = tmp_path / 'log'
    python = tmp_path / 'python'
    python.write_text(PYTHON.format(log=log, python=sys.executable))
    python.chmod(0o755)
    result = set_up(python, PYTHONPATH=f'{site}{os.pathsep}{root}')
    assert f'with {python}' in result.stdout, result.stderr
    asked = log.read_text().splitlines()
    assert f'{REPOSITORY}/requirements/explain.txt' in asked
    assert (str(REPOSITORY) in asked) is installs
    assert ('(editable)' in result.stdout) is installs


def test_an_interpreter_is_named_from_where_one_stands(tmp_path):
    (tmp_path / 'env').mkdir()
    python = tmp_path / 'env' / 'python'
    python.write_text(PYTHON.format(log='/dev/null', python=sys.executable))
    python.chmod(0o755)
    result = set_up('env/python', here=tmp_path)
    assert f'with {python}' in result.stdout, result.stderr


def test_an_interpreter_that_is_not_there(tmp_path):
    """It is not passed over for another."""
    result = set_up('env/python', here=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith(f'error: PYTHON is {tmp_path}/env/python')
    assert 'with' not in result.stdout
