"""The image: what it copies is there, is enough, and runs as nobody's root."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def instructions():
    """The instructions of the Dockerfile, as pairs of word and rest."""
    text = (REPOSITORY / 'Dockerfile').read_text('utf-8')
    text = re.sub(r'^#.*\n', '', text, flags=re.MULTILINE)
    lines = re.sub(r'\\\n\s*', '', text).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line]


def copied():
    """The files and folders of the repository that are copied."""
    found = []
    for word, rest in instructions():
        sources = shlex.split(rest)[:-1] if word == 'COPY' else []
        if sources and not sources[0].startswith('--from'):
            found += sources
    return found


def not_ignored():
    """What .dockerignore lets through of a repository that it shuts out."""
    lines = (REPOSITORY / '.dockerignore').read_text('utf-8').splitlines()
    rules = [line for line in lines if line and not line.startswith('#')]
    assert rules[0] == '*'
    return [rule[1:] for rule in rules if rule.startswith('!')]


def test_what_is_copied_is_there_and_not_ignored():
    assert sorted(copied()) == sorted(not_ignored())
    for name in copied():
        assert (REPOSITORY / name).exists(), name


def test_the_extra_that_it_installs_is_declared():
    runs = ' '.join(rest for word, rest in instructions() if word == 'RUN')
    (extra,) = re.findall(r"'\.\[(\w+)\]'", runs)
    assert f"'{extra}': requirements(" in (REPOSITORY / 'setup.py').read_text()


def test_it_runs_the_command_and_not_as_root():
    last = dict(instructions())  # the last of each kind
    assert json.loads(last['ENTRYPOINT']) == ['daffnet']
    assert int(last['USER']) > 0
    bases = [
        rest.split()[0] for word, rest in instructions() if word == 'FROM'
    ]
    # One Python in both stages, and a version of it.
    assert len(set(bases)) == 1 and re.search(r':\d+\.\d+', bases[0])


@pytest.mark.slow
def test_what_is_copied_is_enough(tmp_path):
    """The package is built of that alone, and brings its configs along."""
    source, site = tmp_path / 'source', tmp_path / 'site'
    for name in copied():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / name).is_dir():
            ignored = shutil.ignore_patterns('__pycache__', '.mim')
            shutil.copytree(REPOSITORY / name, target, ignore=ignored)
        else:
            shutil.copy2(REPOSITORY / name, target)
    pip = [sys.executable, '-m', 'pip', 'install', '-q', '--no-deps']
    pip += ['--no-build-isolation', '--target', str(site), str(source)]
    subprocess.run(pip, check=True)
    run = subprocess.run(
        [sys.executable, '-m', 'daffnet_lite', 'models'],
        cwd=tmp_path,
        env=dict(PYTHONPATH=str(site)),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert f'configs: {site}' in run.stdout
    assert 'daffnet-lite_laboratories' in run.stdout
    assert (
        site / 'daffnet_mm/weights/daffnet-lite_laboratories.pth'
    ).is_file()
    assert (site / 'bin' / 'daffnet').is_file()


def test_hadolint_finds_nothing():
    hadolint = Path(sysconfig.get_path('scripts'), 'hadolint')
    if not hadolint.is_file():
        pytest.skip('pip install -r requirements/docs.txt brings hadolint')
    run = subprocess.run(
        [hadolint, REPOSITORY / 'Dockerfile'], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
