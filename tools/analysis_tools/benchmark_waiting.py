"""Measure what the waiting of OpenMP's threads costs a training on a CPU.

Usage:
    python tools/analysis_tools/benchmark_waiting.py CONFIG [CONFIG ...]
        [--rounds 3] [--num-steps 30] [--out FILE]

A thread of OpenMP that has done its part waits for the others, by default
awake: where another program works on one of the cores, it takes time from the
very thread that it waits for. With ``OMP_WAIT_POLICY=PASSIVE`` it sleeps, with
one thread nobody waits.

Each config is trained by ``tools/train.py`` for some steps in each of these
three ways, with the machine left alone and beside one process that computes
all the time. All take turns; a row is the median of its rounds' median steps,
the first five of each left out.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from timing import write_figures

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)

ROOT = Path(__file__).resolve().parents[2]
WAYS = {
    'as they come': {},
    'asleep': dict(OMP_WAIT_POLICY='PASSIVE'),
    'one thread': dict(OMP_NUM_THREADS='1'),
}
LEFT_OUT = 5


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        'configs', nargs='+', metavar='CONFIG', help='trainings'
    )
    parser.add_rounds(3)
    parser.add_number('--num-steps', 'measured steps of each training', 30)
    return parser


@contextmanager
def beside(num_processes: int) -> Iterator[None]:
    """Let so many processes compute meanwhile."""
    busy = [
        subprocess.Popen([sys.executable, '-c', 'while True: pass'])
        for _ in range(num_processes)
    ]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def step_of(config: str, way: str, num_busy: int, num_steps: int) -> float:
    """Train for some steps.

    Args:
        config (str): The training.
        way (str): One of ``WAYS``.
        num_busy (int): Processes that compute beside it.
        num_steps (int): Measured steps.

    Returns:
        float: The median seconds of a step.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith('OMP_')}
    num_cells = 32 * (LEFT_OUT + num_steps)
    with tempfile.TemporaryDirectory() as folder, beside(num_busy):
        done = subprocess.run(
            [
                *(sys.executable, 'tools/train.py', Path(config).resolve()),
                *('--work-dir', folder, '--cfg-options'),
                'train_cfg.max_epochs=1',
                'train_cfg.val_begin=2',
                'default_hooks.logger.interval=1',
                'train_dataloader.batch_size=32',
                f'train_dataloader.dataset.indices={num_cells}',
            ],
            cwd=ROOT,
            env={**env, **WAYS[way]},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise InputError(f'{config} does not train: {done.stderr[-300:]}')
        (scalars,) = Path(folder).glob('*/vis_data/scalars.json')
        lines = map(json.loads, scalars.read_text().splitlines())
        times = [line['time'] for line in lines if 'time' in line]
    return statistics.median(times[LEFT_OUT:])


def measure(configs: Sequence[str], rounds: int, num_steps: int) -> list[dict]:
    """Let all trainings take turns.

    Returns:
        list[dict]: A row for each config, way and neighbourhood.
    """
    keys = [(c, way, busy) for c in configs for busy in (0, 1) for way in WAYS]
    steps: dict[tuple, list[float]] = {key: [] for key in keys}
    for number in range(rounds):
        for key in keys[:: -1 if number % 2 else 1]:
            steps[key].append(step_of(*key, num_steps))
        print(f'round {number + 1} of {rounds}', file=sys.stderr)
    rows = []
    for (config, way, busy), seconds in steps.items():
        step = statistics.median(seconds)
        first = statistics.median(steps[config, 'as they come', busy])
        rows.append(
            dict(
                config=Path(config).stem,
                busy_processes=busy,
                threads=way,
                s=step,
                ratio=step / first,
                rounds=seconds,
            )
        )
    return rows


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        rows = measure(args.configs, args.rounds, args.num_steps)
    headers = ('config', 'busy processes', 'threads', 's a step', 'ratio')
    cells = [
        (
            row['config'],
            str(row['busy_processes']),
            row['threads'],
            f'{row["s"]:.3f}',
            f'{row["ratio"]:.2f}',
        )
        for row in rows
    ]
    print(to_markdown(headers, cells), end='')
    write_figures(args.out, rows)
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
