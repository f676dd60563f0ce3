"""What the documented commands say can be said.

A list of them all, and of how each is covered: ``pytest -s -k every_command
tests/test_commands``.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from documented import (
    REPOSITORY,
    commands,
    fragments,
    mentions,
    overrides,
)
from how_to_run import (
    UnknownCommandError,
    fill_words,
    how_to_run,
    parse,
    parser_of,
    subcommand_of,
    uses,
)
from mmengine import Config
from runner import work_folders
from settings import unknown_settings
from tool_process import load_tool

from daffnet_mm.reproduction import Plan, Settings
from daffnet_mm.utils.requirements import CONVERTERS

#: What MMPretrain's scripts and ours have beside the tools' own options.
_OTHER_OPTIONS = {'--amp', '--cfg-options', '--from-scratch', '--resume'}


@pytest.mark.parametrize('command', commands(), ids=str)
def test_it_can_be_said(command):
    """A test knows how to run it, and the tool takes its arguments."""
    use = how_to_run(command)
    assert use.reason or use.tool
    if use.tool and use.reason != 'the name of the program alone':
        parse(use)


def test_every_command_and_how_it_is_covered():
    print()
    for use in uses():
        state = 'run' if use.reason is None else f'parsed only: {use.reason}'
        print(f'{use.command}\n    {state}')
    # every tool is run as its docstring says, or cannot be here
    run = {use.tool for use in uses() if use.reason in (None, 'downloads')}
    for path in (REPOSITORY / 'tools').rglob('*.py'):
        if 'Usage:' in path.read_text('utf-8'):
            assert path.relative_to(REPOSITORY).as_posix() in run


def test_none_is_overlooked():
    """Whatever looks like one, read without any grammar, is in the list."""
    found = {(c.document, word) for c in commands() for word in c.words}
    looks = r'(?:python3?|bash)\s+(?:#\s+)?((?:tools|reliability)/[\w/.-]+\w)'
    seen = mentions(looks)
    assert len(seen) > 90
    for document, line, script in seen:
        assert (document, script) in found, f'{document}:{line}: {script}'


def test_a_new_program_is_named():
    command = commands()[0]
    for words, sentence in (
        (('npm', 'install'), 'say how to run npm'),
        (('python', 'tools/gone.py'), 'there is no tools/gone.py'),
        (('python', '-m', 'gone'), 'there is no -m'),
        (('bash', 'tools/gone.sh'), 'there is no tools/gone.sh'),
    ):
        with pytest.raises(UnknownCommandError, match=sentence):
            how_to_run(_say(command, words))
    use = how_to_run(_say(command, ('python', 'tools/train.py', 'WHAT')))
    with pytest.raises(UnknownCommandError, match='say what WHAT is'):
        fill_words(use)
    use = how_to_run(
        _say(command, ('python', 'tools/demo.py', '--data', 'x', '--y'))
    )
    with pytest.raises(ValueError, match='--y'):
        parse(use)


def _say(command, words):
    return type(command)(command.document, command.line, 1, words)


# -- settings of configs ------------------------------------------------------


@cache
def all_configs():
    places = [p for found in work_folders().values() for p in found]
    return [Config.fromfile(REPOSITORY / place) for place in places]


def configs_of(use):
    """The configs that a command reads."""
    if use.name == 'run_experiments.py':
        return planned(use)
    return [
        Config.fromfile(REPOSITORY / word)
        for word in fill_words(use)
        if word.startswith('configs/') and word.endswith('.py')
    ]


def planned(use):
    """The configs of a plan of experiments, before the settings."""
    tool, args = load_tool('run_experiments.py'), parse(use)
    settings = Settings(
        tool.CONFIGS, tool.TOOLS, Path('out'), scale=args.scale
    )
    plan = Plan(settings, tool.declare(args), [0])
    return list(plan.configs.values())


def with_settings():
    return [
        pytest.param(use, id=str(use.command))
        for use in uses()
        if use.tool and '--cfg-options' in use.arguments
        if overrides(use.arguments)
    ]


@pytest.mark.parametrize('use', with_settings())
def test_overridden_settings_are_there(use):
    configs = configs_of(use)
    assert configs
    for cfg in configs:
        unknown = unknown_settings(cfg, overrides(use.arguments))
        assert not unknown, f'{use.command}: {cfg.filename} has no {unknown}'


@pytest.mark.parametrize(
    'fragment',
    [f for f in fragments() if overrides(f.text.split())],
    ids=str,
)
def test_settings_in_sentences_are_there(fragment):
    """One of the project's configs has them."""
    settings = overrides(fragment.text.split())
    # a row of a table may need what a sentence adds
    for other in fragments():
        if other.document == fragment.document:
            added = overrides(other.text.split())
            settings |= {
                k: v for k, v in added.items() if k.endswith('loss.type')
            }
    assert any(not unknown_settings(cfg, settings) for cfg in all_configs())


def test_what_is_no_setting():
    cfg = Config.fromfile(REPOSITORY / 'configs/daffnet/daffnet_pbc.py')
    for settings in (
        {'train_dataloder.batch_size': '4'},
        {'model.head.losss.type': 'DSLLoss'},
        {'model.backbone.depht': '18'},
        {'model.backbone.type': 'NoNet'},
        {'optim_wrapper.optimizer.lr.x': '1'},
        {'custom_hooks.0.type': 'TrainingAccuracyHook'},
        {'param_scheduler.0.end': '3'},
        {'default_hooks.accuracy.begin': '1'},
    ):
        assert unknown_settings(cfg, settings) == [*settings]
    for settings in (
        {'model.backbone.depth': '18'},
        {'model.backbone.norm_eval': 'True'},
        {
            'optim_wrapper.type': 'OptimWrapper',
            'optim_wrapper.accumulative_counts': '2',
        },
        {'default_hooks.accuracy.type': 'TrainingAccuracyHook'},
    ):
        assert unknown_settings(cfg, settings) == []


# -- names --------------------------------------------------------------------


def test_work_folders_are_those_that_trainings_make():
    own = {f'work_dirs/{name}' for name in ('demo_synthetic', 'demo_real')}
    known = {*work_folders(), *own}
    # what a tool writes if nothing else is said
    for use in uses():
        parser = parser_of(use.tool) if use.tool else None
        for action in parser._actions if parser else ():
            known.add(str(action.default))
    known |= {f'work_dirs/{name}' for name in CONVERTERS}
    looks = r'\b(work_dirs/[\w.-]*\w)(?![\w<{$*])'
    for document, line, name in mentions(looks):
        assert name in known, f'{document}:{line}: nothing writes {name}'


def document_of(tool):
    """The file whose docstring tells of a tool."""
    if subcommand := subcommand_of(tool):
        return f'daffnet_lite/commands/{subcommand.module}.py'
    return tool


def test_docstrings_of_tools_name_all_options():
    for tool in sorted({use.tool for use in uses() if use.tool}):
        parser = parser_of(tool)
        document = document_of(tool)
        text = ast.parse((REPOSITORY / document).read_text('utf-8'))
        for action in parser._actions if parser else ():
            names = [*action.option_strings]
            assert '--help' in names or all(
                re.search(rf'{name}(?![\w-])', ast.get_docstring(text))
                for name in names
            ), f'{document} does not say what {names} does'


@pytest.mark.parametrize(
    'fragment', [f for f in fragments() if f.text.startswith('--')], ids=str
)
def test_options_in_sentences_exist(fragment):
    tools = {use.tool for use in uses() if use.tool}
    # in a tool's own docstring, the tool's
    if own := {t for t in tools if document_of(t) == fragment.document}:
        tools = own
    known = {
        option
        for tool in tools
        if parser_of(tool)
        for option in parser_of(tool)._option_string_actions
    } | _OTHER_OPTIONS
    for option in re.findall(r'(?<![\w-])--[a-z][a-z0-9-]*', fragment.text):
        assert option in known, fragment
