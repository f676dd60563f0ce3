"""Start every tool twice at once, with the same command.

Usage:
    python reliability/two_writers.py [--trials 20] [--seed 0]
        [--tools resize crop ...] [--out-dir DIR]

The second starts up to a second after the first. One of them must succeed;
the other one, too, or end with a sentence on who works there. The result must
be that of one alone, with nothing left over. The exit status is 1 if one was
not.
"""

import argparse
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tool_jobs import Job, attack_parser, run_attack
from tool_runs import ToolRun, leftovers, start_server

LONGEST = 300


def trial(
    job: Job, expected: object, folder: Path, chance: random.Random
) -> str:
    """Start it twice.

    Args:
        job (Job): What it does.
        expected (object): The result of one alone.
        folder (Path): For what it writes.
        chance (Random): For the time between.

    Returns:
        str: What came of it.
    """
    out = folder / 'out'
    out.mkdir()
    runs = []
    for number in (1, 2):
        runs.append(ToolRun(job.words(out), folder / f'{number}.log'))
        time.sleep(chance.random() if number == 1 else 0)
    statuses = [run.wait(LONGEST) for run in runs]
    good = [status in job.statuses for status in statuses]
    for run, succeeded in zip(runs, good, strict=True):
        sentence = 'error: another process is working'
        if not succeeded and sentence not in run.output:
            return f'a status {run.status}: {run.output[-300:]}'
    if not any(good):
        return 'neither succeeded'
    if job.result(out) != expected:
        return 'another result'
    if leftovers(out):
        return f'left {leftovers(out)}'
    shutil.rmtree(out)
    return 'both succeeded' if all(good) else 'one was sent away'


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    return attack_parser(__doc__, '--trials', 20)


def attack(
    args: argparse.Namespace, folder: Path, jobs: dict[str, Job]
) -> list[str]:
    """Run the trials; gives the faults."""
    chance = random.Random(args.seed)
    start_server()
    good = ('both succeeded', 'one was sent away')
    table = Table('tool', *good, 'faults')
    faults = []
    for name in args.tools or jobs:
        place = folder / name
        (place / 'out').mkdir(parents=True)
        run = ToolRun(jobs[name].words(place / 'out'), place / 'log')
        if run.wait(LONGEST) not in jobs[name].statuses:
            raise RuntimeError(f'{name}: {run.output}')
        expected = jobs[name].result(place / 'out')
        shutil.rmtree(place / 'out')
        ends: Counter[str] = Counter()
        for _ in range(args.trials):
            end = trial(jobs[name], expected, place, chance)
            ends[end] += 1
            if end not in good:
                faults.append(f'{name}: {end}')
                shutil.rmtree(place / 'out')
        counts = [ends[end] for end in good]
        counts.append(args.trials - sum(counts))
        table.add_row(name, *map(str, counts))
        print(name, dict(ends), flush=True)
    Console(width=100).print(table)
    return faults


if __name__ == '__main__':
    sys.exit(run_attack(build_parser(), attack))
