"""Say of each documented command how it is run here, or why it is not.

New commands of known tools need nothing; a new program, a new placeholder or
a new name that no command makes needs a line in one of the tables.
"""

import ast
import contextlib
import io
import re
import runpy
import sys
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from documented import REPOSITORY, Command, commands
from packaging.requirements import Requirement
from shell import recorded
from tool_process import load_tool

from daffnet_lite.commands.table import SUBCOMMANDS
from daffnet_lite.utils.command_line import WholeNumber

#: MMPretrain's own scripts, whose options are its own.
_MMPRETRAIN = {'tools/train.py', 'tools/test.py'}
_PREDICT = 'daffnet_mm.predict'
_SUBCOMMANDS = {command.name: command for command in SUBCOMMANDS}

#: What placeholders stand for: by the tool and the option, variable or name
#: that they follow, by one of these, or by themselves.
PLACEHOLDERS = {
    # a classifier with attributes, and its config
    'CONFIG': 'configs/daffnet/daffnet-lite_laboratories.py',
    'CKPT': 'shipped.pth',
    'CHECKPOINT': 'shipped.pth',
    # what was measured of a laboratory
    'daffnet predict LABORATORY.json': (
        f'{REPOSITORY}/daffnet_lite/profiles/pbc.json'
    ),
    # a MAP, and its config
    'average_models.py CONFIG': 'configs/daffnet/map-tiny_wbcatt.py',
    'average_models.py CKPT': 'work_dirs/map-tiny_wbcatt/best.pth',
    'calibrate_map.py CONFIG': 'configs/daffnet/map-tiny_wbcatt.py',
    'calibrate_map.py CKPT': 'work_dirs/map-tiny_wbcatt/best.pth',
    'make_splits.py CONFIG': 'configs/daffnet/map-tiny_wbcatt.py',
    'fit_review.py CONFIG': 'configs/daffnet/map-tiny_wbcatt.py',
    'fit_review.py CKPT': 'work_dirs/map-tiny_wbcatt/best.pth',
    'explain.py CONFIG': 'configs/daffnet/map-tiny_wbcatt.py',
    'explain.py CKPT': 'work_dirs/map-tiny_wbcatt/best.pth',
    'daffnet explain CONFIG': 'configs/daffnet/map-tiny_wbcatt.py',
    'daffnet explain CKPT': 'work_dirs/map-tiny_wbcatt/best.pth',
    'fit_laboratories.py NAME= FOLDER': 'data/smears',
    'fit_review.py --others DIR': 'data/PBC_dataset_normal_DIB',
    'fit_review.py --others FOLDER': 'data/PBC_dataset_normal_DIB/ig',
    'platelet= DIR': 'data/PBC_dataset_normal_DIB',
    'NAME= FOLDER': 'data/BCCD_cropped',
    '--of-fields FOLDER': 'data/bccd_detection',
    # a training, labelling and testing of seconds
    'train.py CONFIG': 'configs/daffnet/map-tiny_synthetic.py',
    'benchmark_gradients.py CONFIG': 'configs/daffnet/map-tiny_synthetic.py',
    'benchmark_waiting.py CONFIG': 'configs/daffnet/map-tiny_synthetic.py',
    'dist_train.sh CONFIG': 'configs/daffnet/map-tiny_synthetic.py',
    'pseudo_label.py CONFIG': 'configs/daffnet/map-tiny_synthetic-ssl.py',
    'pseudo_label.py CKPT': 'work_dirs/map-tiny_synthetic/best.pth',
    'STAGE_1': 'configs/daffnet/map-tiny_synthetic.py',
    'STAGE_2': 'configs/daffnet/map-tiny_synthetic-ssl.py',
    # stage 3 takes the MAP that was trained elsewhere
    'checkpoint= CHECKPOINT': 'work_dirs/map_wbcatt/best.pth',
    'RUN': 'work_dirs/map-tiny_synthetic',
    # releases
    'FOLDER': 'data/PBC_dataset_normal_DIB',
    'SRC': 'data/PBC_dataset_normal_DIB',
    'IN_DIR': 'data/PBC_dataset_normal_DIB',
    'resize_dataset.py DIR': 'data/BCCD_cropped',
    'PBC_ROOT= DIR': 'data/PBC_dataset_normal_DIB',
    'WBCATT_ROOT= DIR': 'data/wbcatt',
    'BCCD= DIR': 'data/BCCD_cropped',
    'JTSC= DIR': 'data/segmentation_WBC',
    'RaabinWBC= DIR': 'data/Raabin-WBC',
    'make_profile.py FOLDER': 'data/smears',
    'daffnet profile FOLDER': 'data/smears',
    'NAME= ROOT': 'data/BCCD_cropped',
    '--bccd DIR': 'data/bccd_detection',
    '--jtsc DIR': 'data/segmentation_WBC',
    'FIELD': 'data/bccd_detection/BCCD/JPEGImages',
    'daffnet fields FOLDER': 'data/bccd_detection/BCCD/JPEGImages',
    '--boxes FILE': 'data/bccd_detection/BCCD/Annotations',
    'benchmark_service.py --onnx FILE': 'model.onnx',
    'evaluate_fields.py DATA_ROOT': 'data/bccd_detection',
    '--data-root DIR': 'data/PBC_dataset_normal_DIB',
    'demo.py --data-root DIR': 'data',
    'demo.sh --data-root DIR': 'data',
    'benchmark_loading.py --data-root DIR': 'data',
    'audit_dataset.py FOLDER': 'data/BCCD_cropped',
    'daffnet audit FOLDER': 'data/BCCD_cropped',
    'NAME': 'BCCD',
    '--doors NAME': 'inferencer',
    '--kinds NAME': 'empty',
    '--labelled FOLDER': 'data/Raabin-WBC/Train',
    # files
    'IMAGE': 'cell.jpg',
    'FIRST.csv': 'data/wbcatt/pbc_attr_v1_train.csv',
    'SECOND.csv': 'data/wbcatt/pbc_attr_v1_train.csv',
    'epsanet_to_mmpretrain.py SRC': 'epsanet.pth',
    # what is written: a place for each command, or for each block
    'DST': '{own}',
    'OUT_DIR': '{own}',
    'DIR': '{block}',
    'FILE': '{own}.out',
    'epsanet_to_mmpretrain.py DST': '{own}.pth',
    'daffnet fields --out-dir DIR': '{own}',
    '--figure FILE': '{own}.png',
    '--contact-sheet FILE': '{own}.png',
    'MEAN.pth': '{own}.pth',
    'CALIBRATED.pth': '{own}.pth',
    'REVIEWED.pth': '{own}.pth',
    'ADAPTED.pth': '{own}.pth',
    'FILE.png': '{own}.png',
    'FILE.onnx': '{own}.onnx',
    'FILE.json': '{own}.json',
    'LABORATORY.json': '{own}.json',
    'PROCESSES': '2',
    'METHOD_OR_FILE': 'map/dsl',
}
#: Settings that others need beside them, as the document says.
GOES_WITH = {
    'model.head.loss': (
        'model.head.loss.type=DSLLoss',
        'default_hooks.count_values.type=CountValuesHook',
    )
}
#: Options whose value makes work: what they are here.
LESS = {
    '--batch-size': '4',
    '--doors': 'inferencer',
    '--epochs': '1',
    '--image-size': '64',
    '--kills': '2',
    '--num-images': '4',
    '--num-planted': '2',
    '--num-processes': '1',
    '--num-steps': '2',
    '--num-workers': '0',
    '--number': '4',
    '--numbers': '40',
    '--rounds': '1',
    '--seeds': '0',
    '--tools': 'resize',
    '--trials': '1',
}
#: The same, where the option is said: a twentieth of few cells is none.
LESS_IF_SAID = {'--fractions': ('0.25', '1')}
#: Options that a synopsis leaves out: what they are here, None for what the
#: synopsis says itself.
SMALLER = {'--scale': 'tiny', '--datasets': None}
#: Names in commands that stand for images of one's own.
OWN_IMAGES = {
    'BNE_422954.jpg',
    'cell.jpg',
    'cells/',
    'slide.svs',
    'validation/',
}
#: Options, and positional arguments, that name what is written.
OUTPUTS = {'--out', '--out-dir', '--figure', '--groups-out', '--work-dir'}
OUTPUTS |= {'--contact-sheet', 'dst'}
#: Tools that fetch what they work on.
DOWNLOADING = {'efficientnet_lite_to_mmpretrain.py'}
#: What goes on until it is told to stop: it is asked, and told so.
SERVING = {'daffnet serve'}
#: Options that need what a machine for tests has not.
ABSENT = {
    '--devices': 'GPUs',
    '--launcher slurm': 'Slurm',
    '--amp': 'a GPU',
}
#: Trainings, and what comes of them, that begin from ImageNet's weights and
#: take several releases.
OF_SEVERAL = re.compile(
    r'configs/(daffnet/(mean/)?\w+-lite_(laboratories|pbc-only|mean|\w+-varied)'
    r'|_base_/datasets/held-out-)'
    r'|work_dirs/\S*-lite_(laboratories|pbc-only)'
)
OF_TRAINING = {
    'train.py',
    'average_models.py',
    'calibrate_map.py',
    'pseudo_label.py',
    'fit_review.py',
    'fit_laboratories.py',
    'publish_model.py',
    'cross_dataset.py',
    'evaluate_profile.py',
}
_PLACEHOLDER = re.compile(r'[A-Z][A-Z_0-9]*[A-Z0-9](?:\.\w+)?')


class UnknownCommandError(Exception):
    """A command of a document that no test knows how to run."""


@dataclass(frozen=True)
class Use:
    """How a command is run.

    Attributes:
        command (Command): The command.
        tool (str, optional): The script, module or subcommand (``'daffnet
            crop'``), as one calls it. Defaults to None: nothing of the
            project.
        arguments (tuple[str, ...]): What it gets, as documented.
        processes (int): How many of it are started. Defaults to 1.
        reason (str, optional): Why it is parsed only. Defaults to None: it is
            run.
    """

    command: Command
    tool: str | None = None
    arguments: tuple[str, ...] = ()
    processes: int = 1
    reason: str | None = None

    @property
    def name(self):
        """The file's name."""
        return (self.tool or '').rpartition('/')[2]


@cache
def uses():
    """How each documented command is run, in their order."""
    return [how_to_run(command) for command in commands()]


def how_to_run(command):
    """Find out how a command is run.

    Raises:
        UnknownCommandError: If nothing here tells.
    """
    program, *arguments = command.words
    try:
        rule = _PROGRAMS[program]
    except KeyError:
        raise UnknownCommandError(
            f'{command}: say how to run {program} (_PROGRAMS in {__file__})'
        ) from None
    use = rule(command, arguments)
    for word in arguments:
        needed = GOES_WITH.get(word.partition('=')[0].rpartition('.')[0], ())
        use = replace(use, arguments=(*use.arguments, *needed))
    if use.reason is not None or use.tool is None:
        return use
    if (
        not use.arguments
        and command.form in ('typed', 'message')
        and _needs_more(use)
    ):
        return replace(use, reason='the name of the program alone')
    if command.form in ('fullest', 'message'):
        return replace(use, reason='a synopsis: its shortest form is run')
    if use.name in DOWNLOADING:
        return replace(use, reason='downloads')
    if use.name in ('explain.py', 'daffnet explain') and not find_spec(
        'pytorch_grad_cam'
    ):
        return replace(use, reason='needs pytorch-grad-cam')
    words = ' '.join(use.arguments)
    if use.name in OF_TRAINING and OF_SEVERAL.search(words):
        return replace(use, reason='needs three releases and ImageNet')
    if use.tool in SERVING and not (
        find_spec('fastapi') and find_spec('python_multipart')
    ):
        return replace(use, reason='needs FastAPI')
    needs_onnx = 'export' in use.name or use.tool in SERVING
    if (needs_onnx or '--onnx' in words) and not (
        find_spec('onnx') and find_spec('onnxruntime')
    ):
        return replace(use, reason='needs ONNX and its runtime')
    for option, what in ABSENT.items():
        if re.search(rf'(^|\s){option}(\s|$)', words):
            return replace(use, reason=f'needs {what}')
    return use


# -- programs -----------------------------------------------------------------


def _python(command, arguments):
    if arguments[0] == '-m':
        if arguments[1] == _PREDICT:
            return Use(command, _PREDICT, tuple(arguments[2:]))
        if arguments[1] == 'pytest':
            _check_tests(command, arguments[2:])
            return Use(command, reason='runs the tests themselves')
        if arguments[1] == 'mkdocs':
            assert arguments[2] in ('build', 'serve')
            return Use(command, reason='.ci/run builds the site')
    elif command.form == 'message' and arguments[0] == 'VALUE':
        return Use(command, reason='a message fills in the tool')
    elif (REPOSITORY / arguments[0]).is_file():
        tool, *arguments = arguments
        return Use(command, tool, tuple(arguments))
    raise UnknownCommandError(
        f'{command}: there is no {arguments[0]}, or say how to run it '
        f'(_python in {__file__})'
    )


def _daffnet(command, arguments):
    name, *arguments = arguments
    if name in _SUBCOMMANDS:
        return Use(command, f'daffnet {name}', tuple(arguments))
    if name == 'COMMAND':
        return Use(command, reason='any subcommand')
    if (name, *arguments) in (('--help',), ('--version',)):
        return Use(command, reason='tells of itself')
    raise UnknownCommandError(f'{command}: there is no daffnet {name}')


def _bash(command, arguments):
    """Run the script, with a recorder for Python: what it starts counts."""
    script, *arguments = arguments
    path = REPOSITORY / script
    if not path.is_file():
        raise UnknownCommandError(f'{command}: there is no {script}')
    filled = tuple(fill_words(Use(command, script, tuple(arguments))))
    started = _started_by(path, filled)
    if ['-m', 'pytest'] in [call[:2] for call in started]:
        return Use(command, reason='runs the tests themselves')
    *_, last = started
    processes = 1
    if last[:2] == ['-m', 'torch.distributed.run']:
        from torch.distributed.run import get_args_parser

        options = get_args_parser().parse_args(last[2:])
        processes = min(2, int(options.nproc_per_node))
        last = [options.training_script, *options.training_script_args]
    tool = Path(last[0]).relative_to(REPOSITORY).as_posix()
    return Use(command, tool, tuple(last[1:]), processes)


@cache
def _started_by(path, arguments):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return recorded(path, *arguments, folder=Path(folder))


def _pip(command, arguments):
    from pip._internal.commands import create_command

    if arguments[0] not in ('install', 'download'):
        raise UnknownCommandError(f'{command}: say what it does')
    options, requirements = _quietly(
        create_command(arguments[0]).parse_args, list(arguments[1:])
    )
    for text in requirements:
        requirement = Requirement(text)
        unknown = requirement.extras - set(_extras())
        assert not unknown, f'{command}: there is no extra {unknown}'
    for file in options.requirements:
        assert (REPOSITORY / file).is_file(), f'{command}: there is no {file}'
    assert requirements or options.editables or options.requirements
    return Use(command, reason=f'{arguments[0]}s')


def _extras():
    """The extras of the package, as its set-up declares them."""
    tree = ast.parse((REPOSITORY / 'setup.py').read_text('utf-8'))
    (declared,) = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == 'extras_require'
    )
    return [key.value for key in declared.keys]


def _ruff(command, arguments):
    assert arguments[0] in ('check', 'format')
    assert (REPOSITORY / arguments[1]).exists()
    return Use(command, reason='.ci/run checks by it')


def _mypy(command, arguments):
    assert not arguments
    return Use(command, reason='.ci/run checks by it')


def _source(command, arguments):
    assert arguments == ['.venv/bin/activate']
    return Use(command, reason='a file of the environment')


def _docker(command, arguments):
    """Hold what runs in the image against the command's own options."""
    if arguments[0] == 'build':
        assert (REPOSITORY / arguments[-1] / 'Dockerfile').is_file()
        return Use(command, reason='builds an image')
    parse(_daffnet(command, arguments[arguments.index('daffnet') + 1 :]))
    return Use(command, reason='runs in a container')


def _git(command, arguments):
    return Use(command, reason='a program of others')


_PROGRAMS = {
    'python': _python,
    'bash': _bash,
    'daffnet': _daffnet,
    'pip': _pip,
    'ruff': _ruff,
    'mypy': _mypy,
    'source': _source,
    'git': _git,
    'docker': _docker,
}


def _check_tests(command, arguments):
    for word in arguments:
        if not word.startswith('-'):
            path = word.partition('::')[0]
            assert (REPOSITORY / path).exists(), f'{command}: no {path}'


# -- arguments ----------------------------------------------------------------


def subcommand_of(tool):
    """The subcommand that a tool is; None of scripts."""
    if tool == _PREDICT:
        return _SUBCOMMANDS['predict']
    return _SUBCOMMANDS.get(tool.removeprefix('daffnet '))


@cache
def parser_of(tool):
    """The parser of a tool's arguments; None of MMPretrain's scripts."""
    if tool in _MMPRETRAIN:
        return None
    if subcommand := subcommand_of(tool):
        module = import_module(f'daffnet_lite.commands.{subcommand.module}')
        return module.build_parser()
    if tool.startswith('tools/'):
        return load_tool(tool.removeprefix('tools/')).build_parser()
    return runpy.run_path(str(REPOSITORY / tool))['build_parser']()


def parse(use):
    """Parse what a command gives a tool, with placeholders filled in.

    Raises:
        ValueError: With the parser's message, if it refuses.
    """
    words = fill_words(use)
    output = io.StringIO()
    try:
        with contextlib.redirect_stderr(output):
            if use.tool in _MMPRETRAIN:
                return _parse_by_mmpretrain(use.tool, words)
            return parser_of(use.tool).parse_args(words)
    except SystemExit:
        raise ValueError(f'{use.command}: {output.getvalue()}') from None


def _parse_by_mmpretrain(tool, words):
    import mmpretrain

    script = Path(mmpretrain.__file__).parent / '.mim' / tool
    argv = sys.argv
    # the one option that is ours
    sys.argv = [tool, *(w for w in words if w != '--from-scratch')]
    try:
        return runpy.run_path(str(script), run_name='parse')['parse_args']()
    finally:
        sys.argv = argv


def _quietly(function, *arguments):
    output = io.StringIO()
    try:
        with contextlib.redirect_stderr(output):
            return function(*arguments)
    except SystemExit:
        raise ValueError(output.getvalue()) from None


def _needs_more(use):
    parser = parser_of(use.tool)
    return parser is not None and any(a.required for a in parser._actions)


def fill_words(use):
    """Put values in the places of a command's placeholders."""
    filled, option = [], ''
    for word in use.arguments:
        before, equals, value = word.rpartition('=')
        if word.startswith('--') and not equals:
            option = word
            filled.append(word)
        elif equals:
            where = before.rpartition('.')[2] + '='
            name = PLACEHOLDERS.get(before, before)
            filled.append(f'{name}={_fill(use, where, value)}')
        else:
            filled.append(_fill(use, option, word))
    return filled


def fill_environment(use):
    """Put values in the places of placeholders in a command's variables."""
    return {
        name: _fill(use, f'{name}=', value)
        for name, value in use.command.environment
    }


def _fill(use, where, word):
    place, slash, below = word.partition('/')
    if re.fullmatch('N|EPOCH|DEVICE|METHOD|KEY|VALUE|GLOB|DATASET', place):
        return _any_value(use, where, place)
    if (
        not _PLACEHOLDER.fullmatch(place)
        or place in _VALUES_IN_CAPITALS
        or word in OWN_IMAGES
    ):
        return word
    for key in (
        f'{use.name} {where} {place}',
        f'{where} {place}',
        f'{use.name} {place}',
        place,
    ):
        if key in PLACEHOLDERS:
            value = PLACEHOLDERS[key]
            break
    else:
        raise UnknownCommandError(
            f'{use.command}: say what {place} is (PLACEHOLDERS in {__file__})'
        )
    own = re.sub(r'\W', '_', f'{use.command.document}_{use.command.line}')
    block = re.sub(r'\W', '_', f'{use.command.document}_{use.command.block}')
    return value.format(own=f'out/{own}', block=f'out/{block}') + (
        slash + below
    )


#: What looks like a placeholder and is none.
_VALUES_IN_CAPITALS = {'PBC', 'BCCD', 'JTSC', 'LISC', 'LDWBC', 'PBC_dataset'}


def _any_value(use, option, place):
    """A value that a parser takes, for what is parsed only."""
    parser = parser_of(use.tool)
    action = parser and parser._option_string_actions.get(option)
    if action and isinstance(action.type, WholeNumber):
        return str(action.type.least)
    if action and action.choices:
        return next(iter(action.choices))
    return {'N': '1', 'EPOCH': '1', 'DEVICE': 'cpu'}.get(place, place)


def less(use, words):
    """Let a command do less than it says."""
    parser = parser_of(use.tool)
    if parser is None:
        return words
    for action in parser._actions:
        for option in action.option_strings:
            if option in words and option in LESS | LESS_IF_SAID:
                value = LESS_IF_SAID.get(option) or (LESS[option],)
                start = words.index(option) + 1
                end = start + 1
                while end < len(words) and not words[end].startswith('-'):
                    end += 1
                words = [*words[:start], *value, *words[end:]]
            elif option in LESS and action.default is not None:
                words = [*words, option, LESS[option]]
    if use.command.form == 'shortest':
        words = [*words, *_smaller(use, words)]
    return words


def _smaller(use, words):
    """What a synopsis, or the table, says of options that are left out."""
    known = parser_of(use.tool)._option_string_actions
    full = [
        command.words
        for command in commands()
        if (command.document, command.line, command.form)
        == (use.command.document, use.command.line, 'fullest')
    ]
    for option, value in SMALLER.items():
        if option not in known or option in words:
            continue
        for said in full:
            if value is None and option in said:
                value = said[said.index(option) + 1]
        if value is not None:
            yield from (option, value)


def outputs(use):
    """The files and folders that a command says it writes."""
    parser, found = parser_of(use.tool), []
    words = fill_words(use)
    found += [words[words.index(o) + 1] for o in OUTPUTS & set(words)]
    if parser is not None and use.reason is None:
        found += [
            str(value)
            for action in parser._actions
            if action.dest == 'dst'
            for value in [getattr(parser.parse_args(words), action.dest)]
        ]
    return found
