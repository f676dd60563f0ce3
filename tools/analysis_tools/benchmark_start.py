"""Measure what starting costs, against MMPretrain alone.

Usage:
    python tools/analysis_tools/benchmark_start.py [IMAGE] [--rounds 5]
        [--out FILE]

Each of these is started in a process of its own, all in turn in each round,
so that whatever else the machine does meets all of them: ``import
mmpretrain`` with its models and datasets, ``import daffnet_mm``, and, where
the package has a console command, ``daffnet --help``; with an IMAGE also the
prediction of one cell. Measured are the processor's seconds, user's and
system's, and the most memory that the process held. The ratios are medians
over the rounds of what is measured against MMPretrain in the same round.

The first round is not counted: it fills the caches of files.
"""

import importlib.util
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from timing import time_in_turn, write_figures

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)

BASIS = 'import mmpretrain'
PROGRAMS = {
    BASIS: ('-c', 'import mmpretrain.models, mmpretrain.datasets'),
    'import daffnet_mm': ('-c', 'import daffnet_mm'),
}

# A process counts as its own what its parent held when it started it, so that
# a small one has to: this one has PyTorch.
LAUNCHER = """
import os, sys
nothing = os.open(os.devnull, os.O_WRONLY)
quiet = [(os.POSIX_SPAWN_DUP2, nothing, 1)]
command = sys.argv[1:]
child = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
"""


class Cost(NamedTuple):
    """What a process took.

    Attributes:
        seconds (float): Of the processor, user's and system's.
        mebibytes (float): The most memory that it held.
    """

    seconds: float
    mebibytes: float


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        'image', nargs='?', type=Path, help='a cell that is predicted, too'
    )
    parser.add_rounds(5)
    return parser


def list_programs(image: Path | None) -> dict[str, Sequence[str]]:
    """Name what is started, by Python's arguments."""
    programs: dict[str, Sequence[str]] = dict(PROGRAMS)
    if importlib.util.find_spec('daffnet_lite'):
        command = ('-m', 'daffnet_lite')
        programs['daffnet --help'] = (*command, '--help')
        name, predict = 'daffnet predict', (*command, 'predict')
    else:
        # what there is without the console command
        name = 'daffnet_mm.predict'
        predict = ('-m', name)
    if image:
        programs[f'{name} IMAGE'] = (*predict, str(image))
    return programs


def start(arguments: Sequence[str]) -> Cost:
    """Start Python, and find out what it took until it ended.

    Args:
        arguments (Sequence[str]): Its arguments.

    Raises:
        InputError: If it fails.
    """
    # In isolation, without site-packages: as small as Python gets.
    python = [sys.executable]
    launched = subprocess.run(
        [*python, '-I', '-S', '-c', LAUNCHER, *python, *arguments],
        capture_output=True,
        text=True,
        errors='replace',
    )
    if launched.returncode:
        lines = launched.stderr.splitlines()
        raise InputError(
            f'`python {" ".join(arguments)}` ends with the exit status '
            f'{launched.returncode}: {"".join(lines[-1:])}'
        )
    seconds, memory = launched.stdout.split()
    # Linux counts kibibytes, macOS bytes
    unit = 2**20 if sys.platform == 'darwin' else 2**10
    return Cost(float(seconds), int(memory) / unit)


def measure(
    programs: dict[str, Sequence[str]], rounds: int
) -> dict[str, list[Cost]]:
    """Start all in turn, round by round."""
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    steps = {
        name: partial(lambda n, a: costs[n].append(start(a)), name, arguments)
        for name, arguments in programs.items()
    }
    # of the clock nothing is needed, of the order everything
    time_in_turn(steps, rounds, lambda: 0.0, title='starts')
    return {name: spent[1:] for name, spent in costs.items()}


def summarise(costs: dict[str, list[Cost]]) -> list[dict]:
    """Take medians over the rounds, and ratios to MMPretrain.

    Args:
        costs (dict[str, list[Cost]]): What each took in each round.

    Returns:
        list[dict]: Of each ``program``, in the order given.
    """
    rows = []
    for program, spent in costs.items():
        row: dict = dict(program=program)
        for field in Cost._fields:
            own = [getattr(cost, field) for cost in spent]
            basis = [getattr(cost, field) for cost in costs[BASIS]]
            pairs = zip(own, basis, strict=True)
            row[field] = statistics.median(own)
            row[f'{field}_ratio'] = statistics.median(
                mine / its for mine, its in pairs
            )
        rows.append(row)
    return rows


def render(rows: list[dict]) -> str:
    """Lay the figures out as a table."""
    headers = ('program', 'CPU seconds', 'ratio', 'MiB', 'ratio')
    cells = [
        [
            row['program'],
            f'{row["seconds"]:.2f}',
            f'{row["seconds_ratio"]:.3f}',
            f'{row["mebibytes"]:.0f}',
            f'{row["mebibytes_ratio"]:.3f}',
        ]
        for row in rows
    ]
    return to_markdown(headers, cells)


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        if args.image and not args.image.is_file():
            raise InputError(f'the image {args.image} does not exist')
        costs = measure(list_programs(args.image), args.rounds)
    rows = summarise(costs)
    setting = dict(
        rounds=args.rounds,
        python=platform.python_version(),
        machine=platform.machine(),
    )
    print(', '.join(f'{key} {value}' for key, value in setting.items()))
    print(render(rows))
    write_figures(args.out, dict(setting=setting, rows=rows))
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
