"""All tools call one thing by one name, and check it before they work."""

import argparse
import ast
import inspect
import re
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import pytest
from tool_process import REPOSITORY, load_tool

from daffnet_lite.commands.table import SUBCOMMANDS
from daffnet_mm.utils.mmpretrain_tools import run_mmpretrain_tool

TOOLS = REPOSITORY / 'tools'
#: MMPretrain's own scripts, and what other tools import.
NO_TOOLS = {
    'train.py',
    'test.py',
    'analysis_tools/obvious_daffnet.py',
    'analysis_tools/timing.py',
}
#: The subcommands' modules, by what one types.
MODULES = {
    f'daffnet {c.name}': f'daffnet_lite.commands.{c.module}'
    for c in SUBCOMMANDS
}
SCRIPTS = {str(path.relative_to(TOOLS)) for path in TOOLS.rglob('*.py')}
NAMES = [*sorted(SCRIPTS - NO_TOOLS), *MODULES]

#: What options must not be called, and what they are called instead.
OTHER_NAMES = {
    '--data': '--data-root',
    '--figsize': '--image-size',
    '--gpu': '--device',
    '--images': '--num-images',
    '--options': '--cfg-options',
    '--output': '--out',
    '--output-dir': '--out-dir',
    '--processes': '--num-workers',
    '--show': '--figure',
    '--size': '--image-size',
    '--workers': '--num-workers',
}
#: Options whose default depends on the tool.
OWN_DEFAULTS = {
    '--batch-size': 'a benchmark measures small batches',
    '--config': 'what a benchmark measures',
    '--image-size': 'cells are painted as small as they are trained on',
    '--margin': 'fields are cut at one scale, which a crop does not know',
    '--max-pixels': 'whoever reaches a service may send images',
    '--num-images': 'what is made, labelled or looked at',
    '--num-workers': 'two beside a model, else one a processor',
    '--out': 'figures have a place, other files must be named',
    '--out-dir': 'a folder for each tool',
    '--rounds': 'as many as the noise of the measurement asks for',
    '--seed': 'that of the dataset where there is one',
    '--short-edge': 'must be named where a dataset is written',
}
#: Serves as a number, too.
ABSENT = '9'
#: What is written.
OUT_FILES = {'out', 'figure', 'groups_out', 'contact_sheet'}
OUT_DIRS = {'out_dir', 'work_dir'}
DST_FOLDERS = {
    'dataset_converters/crop_cells.py',
    'dataset_converters/resize_dataset.py',
    'daffnet crop',
}


def load(name):
    if name in MODULES:
        return import_module(MODULES[name])
    return load_tool(name)


@pytest.fixture(scope='module')
def tools():
    return {name: load(name) for name in NAMES}


def arguments(tool):
    return [a for a in tool.build_parser()._actions if a.dest != 'help']


def required(tool):
    """A command line that is complete, but names no file that exists."""
    words = []
    for action in arguments(tool):
        if action.required or not action.option_strings:
            words += [*action.option_strings, ABSENT]
    return words


def error_of(call, words, capsys):
    """Call a tool that must end at once with one sentence."""
    with pytest.raises(SystemExit) as stop:
        call(words)
    assert stop.value.code == 2
    output, error = capsys.readouterr()
    assert output == ''
    assert error.startswith('error: ') and error.count('\n') == 1
    return error


@pytest.mark.parametrize('name', NAMES)
def test_the_parts_of_a_tool(tools, name):
    tool = tools[name]
    parser = tool.build_parser()
    assert isinstance(parser, argparse.ArgumentParser)
    assert parser.description == tool.__doc__.splitlines()[0]
    argv, *others = inspect.signature(tool.main).parameters.values()
    assert argv.name == 'argv' and argv.default is None
    assert all(other.default is None for other in others)
    usage = '\n'.join(re.findall('^    .*', tool.__doc__, re.MULTILINE))
    assert Path(name).stem in usage
    known = {o for action in parser._actions for o in action.option_strings}
    assert set(re.findall(r'--[a-z0-9-]+', usage)) <= known


@pytest.mark.parametrize('name', NAMES)
def test_each_argument_has_help_that_ends_with_its_default(tools, name):
    for action in arguments(tools[name]):
        assert action.help, action.dest
        # argparse fills in %(default)s; what cannot be formatted fails here.
        assert action.help % vars(action)
        default = re.search(r'\(default: [^()]+\)$', action.help)
        if action.default not in (None, False, [], {}, argparse.SUPPRESS):
            told = default or '(default: %(default)s)' in action.help
            assert told, action.dest
        assert 'default' not in action.help.partition('(default: ')[0]


@pytest.mark.parametrize(
    'path',
    [
        *(TOOLS / n for n in [*NAMES, 'train.py', 'test.py'] if n in SCRIPTS),
        REPOSITORY / 'daffnet_mm' / 'predict.py',
    ],
    ids=lambda path: path.name,
)
def test_each_ends_in_one_line(path):
    """When it is stopped, or a disk is full: that is what run_tool is for.

    The command `daffnet` runs its subcommands by it.
    """
    *_, last = ast.parse(path.read_text('utf-8')).body
    assert ast.unparse(last.test) == "__name__ == '__main__'"
    assert ast.unparse(last.body[-1]).startswith('raise SystemExit(run_tool(')


def test_one_name_for_one_thing(tools):
    kinds, defaults = defaultdict(dict), defaultdict(dict)
    for name, tool in tools.items():
        for action in arguments(tool):
            for option in action.option_strings:
                assert option not in OTHER_NAMES, (
                    f'{name}: {option} is called {OTHER_NAMES[option]}'
                )
                assert '_' not in option
                kind = (action.dest, action.type, action.nargs, type(action))
                kinds[option][name] = kind
                defaults[option][name] = action.default
    for option, found in kinds.items():
        assert len(set(found.values())) == 1, (option, found)
        values = {str(value) for value in defaults[option].values()}
        assert len(values) == 1 or option in OWN_DEFAULTS, (option, values)
    for option in OWN_DEFAULTS:
        assert option in kinds, f'{option} is an exception without use'
    assert set(defaults['--device'].values()) == {None}


def test_config_then_checkpoint_then_options(tools):
    for name, tool in tools.items():
        found = [action.dest for action in arguments(tool)]
        if 'checkpoint' in found:
            assert found.index('config') < found.index('checkpoint'), name
        for action in arguments(tool):
            if action.dest == 'models':
                assert action.metavar == 'CONFIG CKPT'
        if {'config', 'models'} & {*found}:
            assert 'cfg_options' in found, name


@pytest.mark.parametrize(
    ('option', 'value', 'expected'),
    [
        ('--num-workers', '-1', 'whole number of 0 or more, not -1'),
        ('--num-workers', 'two', 'whole number of 0 or more, not two'),
        ('--batch-size', '0', 'whole number of 1 or more, not 0'),
        ('--image-size', '0', 'whole number of 1 or more, not 0'),
        ('--num-images', '0', 'whole number of 1 or more, not 0'),
        ('--rounds', '0', 'whole number of 1 or more, not 0'),
        ('--seed', '-1', 'whole number of 0 or more, not -1'),
        ('--quality', '101', 'whole number of 1 to 100, not 101'),
        ('--val-ratio', '25', 'must be between 0 and 1'),
        ('--cfg-options', 'model', 'model is no KEY=VALUE'),
        ('--device', 'gpu0', '--device gpu0 cannot be used; there is cpu'),
        ('--device', 'cuda:99', 'name one of these, or leave --device out'),
    ],
)
def test_bad_values_in_all_tools(tools, option, value, expected, capsys):
    asked = [
        tool
        for tool in tools.values()
        if option in tool.build_parser()._option_string_actions
    ]
    assert asked
    for tool in asked:
        # Before the work: that would complain of absent files.
        error = error_of(tool.main, [*required(tool), option, value], capsys)
        assert option in error and expected in error


@pytest.mark.parametrize('name', NAMES)
def test_outputs_are_checked_before_the_work(tools, name, tmp_path, capsys):
    file = tmp_path / 'file'
    file.touch()
    tool, before = tools[name], required(tools[name])
    for action in arguments(tool):
        folder = action.dest in OUT_DIRS
        if action.dest == 'dst':
            folder = name in DST_FOLDERS
        elif not folder and action.dest not in OUT_FILES:
            continue
        places = [file / 'below', file if folder else tmp_path]
        for place in map(str, places):
            words = [*before, *action.option_strings, place]
            if action.dest == 'dst':
                words = [ABSENT, place, *before[2:]]
            error = error_of(tool.main, words, capsys)
            assert error.startswith(f'error: {place}')
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.parametrize(
    ('name', 'option', 'is_folder'),
    [
        ('train.py', '--work-dir', False),
        ('test.py', '--work-dir', False),
        ('test.py', '--show-dir', False),
        ('test.py', '--out', True),
    ],
)
def test_outputs_of_mmpretrains_scripts(
    name, option, is_folder, tmp_path, monkeypatch, capsys
):
    file = tmp_path / 'file'
    file.touch()
    place = str(tmp_path if is_folder else file)
    monkeypatch.setattr(sys, 'argv', [name, 'absent.py', option, place])
    error = error_of(run_mmpretrain_tool, name, capsys)
    assert error.startswith(f'error: {place} ')
