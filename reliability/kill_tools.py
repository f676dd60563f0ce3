"""Kill every tool at random times, start it again, and compare.

Usage:
    python reliability/kill_tools.py [--kills 210] [--seed 0]
        [--tools resize crop ...] [--out-dir DIR]

A trial is a job of seconds that is killed up to three times, each at a random
moment: its main process alone, its whole process group (SIGKILL), its main
process by SIGTERM, or its group by SIGINT, as a terminal does. Then it runs
to its end. Compared with a run that nobody killed: the result must be equal
(weights bit for bit), no process may outlive the main one by more than ten
seconds, and after the last run no temporary file or lock may be there. Told
to stop, a tool ends with one line, status 130 or 143, and no traceback. What
fails is kept in DIR, and the exit status is 1.
"""

import argparse
import random
import shutil
import signal
import sys
import time
from collections import Counter
from itertools import cycle
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tool_jobs import Job, attack_parser, run_attack
from tool_runs import ToolRun, leftovers, living, start_server

#: By name: the signal, and whether it goes to the group.
KINDS = {
    'SIGKILL to the main process': (signal.SIGKILL, False),
    'SIGKILL to the group': (signal.SIGKILL, True),
    'SIGTERM to the main process': (signal.SIGTERM, False),
    'SIGINT to the group': (signal.SIGINT, True),
}
STATUSES = {signal.SIGTERM: 143, signal.SIGINT: 130}
#: Kills before a trial may end.
MOST = 3
#: Seconds that a process may outlive the main one, and a run may take.
GRACE, LONGEST = 10, 300


class Trials:
    """Trials of one tool.

    Args:
        name (str): The tool.
        job (Job): What it does.
        folder (Path): For what it writes.
        server (int): The server of workers.
    """

    def __init__(self, name: str, job: Job, folder: Path, server: int):
        self.name, self.job, self.server = name, job, server
        self.folder = folder / name
        self.folder.mkdir()
        self.kills: Counter[str] = Counter()
        self.faults: list[str] = []
        self.longest_orphan = 0.0
        self.trials = self.restarted = 0
        begun = time.monotonic()
        run = self._start(self.folder / 'whole')
        status = run.wait(LONGEST)
        if status not in job.statuses:
            raise RuntimeError(f'{name} ended with {status}: {run.output}')
        self.seconds = time.monotonic() - begun
        self.expected = job.result(self.folder / 'whole')

    def trial(self, kinds: list[str], chance: random.Random) -> None:
        """Kill it once for each of the kinds, then let it end."""
        self.trials += 1
        killed = False
        out = self.folder / f'trial_{self.trials}'
        before = len(self.faults)
        for kind in kinds:
            run = self._start(out)
            # Resumed, it has less to do.
            moment = chance.uniform(0, 0.9 * self.seconds)
            if run.wait(moment) is not None:
                break
            self._kill(run, kind)
            killed = True
        begun = time.monotonic()
        run = self._start(out)
        status = run.wait(LONGEST)
        took = time.monotonic() - begun
        if status not in self.job.statuses:
            self._fault(f'the last run ended with {status}', run)
            run.kill()
        else:
            if self.job.result(out) != self.expected:
                self._fault('the result differs', run)
            if leftovers(out):
                self._fault(f'left {leftovers(out)}', run)
        # Of a machine that becomes busier or less so.
        if took > self.seconds:
            self.seconds = (self.seconds + took) / 2
        self.restarted += killed
        if len(self.faults) == before:
            shutil.rmtree(out)

    def _start(self, out: Path) -> ToolRun:
        out.mkdir(exist_ok=True)
        return ToolRun(self.job.words(out), self.folder / f'{out.name}.log')

    def _kill(self, run: ToolRun, kind: str) -> None:
        number, group = KINDS[kind]
        run.signal(number, group)
        status = run.wait(60)
        end = time.monotonic()
        while living(run.pid, self.server):
            if time.monotonic() - end > GRACE:
                self._fault(f'{kind}: a process outlives it', run)
                run.kill()
                break
            time.sleep(0.02)
        else:
            waited = time.monotonic() - end
            self.longest_orphan = max(self.longest_orphan, waited)
        if status in self.job.statuses and number != signal.SIGKILL:
            return  # it had ended in between
        self.kills[kind] += 1
        if number == signal.SIGKILL:
            return
        text = run.output
        # By the signal itself it may end when all is done, and nothing said.
        if status not in (STATUSES[number], -number):
            self._fault(f'{kind}: status {status}', run)
        elif 'Traceback' in text or text.count('stopped: ') != (status > 0):
            self._fault(f'{kind}: not one line', run)

    def _fault(self, what: str, run: ToolRun) -> None:
        self.faults.append(what)
        log = self.folder / f'trial_{self.trials}_fault_{len(self.faults)}.log'
        log.write_text(f'{what}\n{run.output}')


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    return attack_parser(__doc__, '--kills', 210)


def attack(
    args: argparse.Namespace, folder: Path, jobs: dict[str, Job]
) -> list[str]:
    """Run the trials; gives the faults."""
    chance = random.Random(args.seed)
    kinds = cycle(KINDS)
    server = start_server()
    begun = time.monotonic()
    all_trials = [
        Trials(name, jobs[name], folder, server) for name in args.tools or jobs
    ]
    print({t.name: round(t.seconds, 1) for t in all_trials}, flush=True)
    turns = cycle(all_trials)
    while sum(sum(t.kills.values()) for t in all_trials) < args.kills:
        trials = next(turns)
        number = chance.randint(1, MOST)
        trials.trial([next(kinds) for _ in range(number)], chance)
        print(trials.name, dict(trials.kills), trials.faults, flush=True)

    table = Table('tool', *KINDS, 'restarted', 'faults', 'orphans lived')
    for trials in all_trials:
        table.add_row(
            trials.name,
            *(str(trials.kills[kind]) for kind in KINDS),
            str(trials.restarted),
            str(len(trials.faults)),
            f'{trials.longest_orphan:.1f} s',
        )
    Console(width=150).print(table)
    minutes = (time.monotonic() - begun) / 60
    total = sum(sum(t.kills.values()) for t in all_trials)
    faults = [f'{t.name}: {f}' for t in all_trials for f in t.faults]
    print(f'{total} kills in {minutes:.1f} minutes, {len(faults)} faults')
    return faults


if __name__ == '__main__':
    sys.exit(run_attack(build_parser(), attack))
