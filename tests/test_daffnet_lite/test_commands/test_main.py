"""The command `daffnet`, and what its help and its light parts need."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import cv2
import pytest
from smears import smear
from tool_process import REPOSITORY

import daffnet_lite
from daffnet_lite import commands
from daffnet_lite.commands.main import main
from daffnet_lite.commands.table import SUBCOMMANDS
from daffnet_lite.profiles import read_profile

NAMES = [command.name for command in SUBCOMMANDS]
#: What is not to be waited for, to read a page of help.
HEAVY = ('torch', 'mmengine', 'mmcv', 'mmpretrain', 'sklearn', 'pandas')
HEAVY += ('scipy', 'skimage', 'matplotlib')
#: The command in a process where these cannot be imported.
WITHOUT_HEAVY = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {HEAVY!r}:
            raise AssertionError(f'{{name}} is imported')

sys.meta_path.insert(0, Refuse())
from daffnet_lite.commands.main import main
raise SystemExit(main())
"""


def run(*words, program=('-c', WITHOUT_HEAVY)):
    return subprocess.run(
        [sys.executable, *program, *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize('name', NAMES)
def test_help_is_given_without_frameworks(name):
    result = run(name, '--help')
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f'usage: daffnet {name} [-h]')
    module = import_module(f'daffnet_lite.commands.{name}')
    assert ' '.join(module.__doc__.splitlines()[0].split()[:4]) in (
        ' '.join(result.stdout.split())
    )


def test_the_command_itself_tells_of_all():
    result = run('--help')
    assert result.returncode == 0, result.stderr
    for command in SUBCOMMANDS:
        assert f'  {command.name} ' in result.stdout
        assert command.does in result.stdout
    assert run('--version').stdout == f'daffnet {daffnet_lite.__version__}\n'


@pytest.mark.parametrize('module', ['daffnet_lite', 'daffnet_mm'])
def test_it_runs_as_a_module(module):
    result = run('--version', program=('-m', module))
    assert result.stdout == f'daffnet {daffnet_lite.__version__}\n'


def test_the_table_has_every_module():
    files = {path.stem for path in Path(commands.__file__).parent.glob('*.py')}
    assert files - {'__init__', 'main', 'table'} == {
        command.module for command in SUBCOMMANDS
    }
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        ([], 'COMMAND'),
        (['paint'], "invalid choice: 'paint'"),
        (['predict'], 'IMAGE|FOLDER|GLOB'),
        (['predict', 'no.png', '--format', 'doc'], "choice: 'doc'"),
        (['profile', 'no', '--out', 'p.json'], 'no gives no image'),
    ],
)
def test_bad_words_are_one_sentence(words, said, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    output, error = capsys.readouterr()
    assert output == '' and error.count('\n') == 1
    assert error.startswith('error: ') and said in error


def test_without_pytorch_a_model_is_one_sentence(tmp_path):
    """And so for each command that runs one."""
    program = (
        "import sys\nsys.modules['torch'] = None\n"
        'from daffnet_lite.commands.main import main\n'
        'raise SystemExit(main())'
    )
    image = tmp_path / 'cell.png'
    cv2.imwrite(str(image), smear(0, side=100))
    result = run('predict', str(image), program=('-c', program))
    assert result.returncode == 2
    assert result.stderr.count('\n') == 1
    assert result.stderr.startswith('error: daffnet_mm needs PyTorch')
    assert 'pip install' in result.stderr


@pytest.fixture
def cells(tmp_path):
    folder = tmp_path / 'cells'
    folder.mkdir()
    for seed in range(20):
        image = smear(seed, red_cell=42, side=200)
        cv2.imwrite(str(folder / f'{seed:02}.png'), image)
    return folder


def run_light(*words):
    """Without frameworks, but with scikit-image, which finds cells."""
    program = WITHOUT_HEAVY.replace(
        repr(HEAVY), repr(tuple({*HEAVY} - {'scipy', 'skimage'}))
    )
    result = run(*map(str, words), program=('-c', program))
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_profile_takes_no_framework(cells, tmp_path):
    out = tmp_path / 'profile.json'
    run_light('profile', cells, '--out', out)
    assert read_profile(out).scale.red_cell == pytest.approx(42, rel=0.05)


@pytest.mark.parametrize('workers', [0, 2])
def test_cropping_takes_no_framework(cells, tmp_path, workers):
    out = tmp_path / 'crops'
    said = run_light('crop', cells, out, '--num-workers', workers)
    crops = list(out.glob('*.png'))
    assert crops and f'{len(crops)} cells of 20 images' in said
