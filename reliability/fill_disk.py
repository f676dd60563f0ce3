"""Give every tool a disk that is full or read-only, then a good one.

Usage (as root, on Linux):
    python reliability/fill_disk.py [--trials 10] [--seed 0]
        [--tools resize crop ...] [--out-dir DIR]

Full: a file system in memory with room for a random share of what the tool
writes. Read-only: a run is killed at a random moment, and the file system
made read-only. In both, the tool must end with status 2 and one sentence,
without a traceback. Then there is room, and the same command must end in the
result of an undisturbed run, with nothing left over. The exit status is 1 if
one did not.
"""

import argparse
import random
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tool_jobs import Job, attack_parser, run_attack
from tool_runs import ToolRun, leftovers, living, start_server

LONGEST = 300
#: Bytes of a disk with room for everything.
LARGE = 256 * 2**20
PAGE = 4096


@contextmanager
def disk(place: Path, size: int):
    """Mount a file system of so many bytes."""
    place.mkdir(exist_ok=True)
    options = f'size={max(PAGE, size // PAGE * PAGE)}'
    command = ['mount', '-t', 'tmpfs', '-o', options, 'none', place]
    subprocess.run(command, check=True)
    try:
        yield
    finally:
        subprocess.run(['umount', '-l', place], check=True)


def remount(place: Path, options: str) -> None:
    """Change a mounted file system."""
    command = ['mount', '-o', f'remount,{options}', place]
    subprocess.run(command, check=True)


class Disks:
    """Trials of one tool.

    Args:
        name (str): The tool.
        job (Job): What it does.
        folder (Path): For what it writes.
        chance (Random): For random sizes and moments.
        server (int): The server of workers.
    """

    def __init__(
        self,
        name: str,
        job: Job,
        folder: Path,
        chance: random.Random,
        server: int,
    ) -> None:
        self.job, self.chance, self.server = job, chance, server
        self.place, self.log = folder / 'disk', folder / f'{name}.log'
        self.sentences: set[str] = set()
        self.faults: list[str] = []
        # Trials write to the same place: results may hold paths.
        with disk(self.place, LARGE):
            begun = time.monotonic()
            run = self._run()
            if run.wait(LONGEST) not in job.statuses:
                raise RuntimeError(f'{name}: {run.output}')
            self.seconds = time.monotonic() - begun
            self.expected = job.result(self.place / 'out')
            self.size = shutil.disk_usage(self.place).used

    def full(self) -> bool:
        """A disk with too little room."""
        size = int(self.size * self.chance.uniform(0, 0.95))
        with disk(self.place, size):
            return self._refused('full') and self._goes_on(f'size={LARGE}')

    def read_only(self) -> bool:
        """A disk that becomes read-only, with what a killed run left."""
        with disk(self.place, LARGE):
            run = self._run()
            run.wait(self.chance.uniform(0, self.seconds))
            run.kill()
            while living(run.pid, self.server):
                time.sleep(0.02)
            remount(self.place, 'ro')
            refused = self._refused('read-only')
            return refused and self._goes_on('rw')

    def _run(self) -> ToolRun:
        out = self.place / 'out'
        # The tool's own files may be what there is no room for.
        if not out.exists():
            out.mkdir()
        return ToolRun(self.job.words(out), self.log)

    def _refused(self, what: str) -> bool:
        try:
            run = self._run()
        except OSError:  # not even a folder
            run = ToolRun(self.job.words(self.place / 'out'), self.log)
        status, text = run.wait(LONGEST), run.output
        errors = [x for x in text.splitlines() if x.startswith('error: ')]
        if status != 2 or len(errors) != 1 or 'Traceback' in text:
            run.kill()
            return self._fault(f'{what}: status {status}', text)
        self.sentences.add(errors[0].replace(str(self.place), 'DISK'))
        return True

    def _goes_on(self, options: str) -> bool:
        remount(self.place, options)
        run = self._run()
        status = run.wait(LONGEST)
        if status not in self.job.statuses:
            run.kill()
            return self._fault(f'afterwards: status {status}', run.output)
        out = self.place / 'out'
        if self.job.result(out) != self.expected:
            return self._fault('afterwards: another result', run.output)
        if leftovers(out):
            return self._fault(f'left {leftovers(out)}', run.output)
        return True

    def _fault(self, what: str, text: str) -> bool:
        self.faults.append(what)
        name = f'{self.log.stem}_fault_{len(self.faults)}.log'
        self.log.with_name(name).write_text(f'{what}\n{text}')
        return False


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    return attack_parser(__doc__, '--trials', 10)


def attack(
    args: argparse.Namespace, folder: Path, jobs: dict[str, Job]
) -> list[str]:
    """Run the trials; gives the faults."""
    chance = random.Random(args.seed)
    server = start_server()
    table = Table('tool', 'full', 'read-only')
    faults = []
    for name in args.tools or jobs:
        disks = Disks(name, jobs[name], folder, chance, server)
        full = sum(disks.full() for _ in range(args.trials))
        read_only = sum(disks.read_only() for _ in range(args.trials))
        of = f'of {args.trials}'
        table.add_row(name, f'{full} {of}', f'{read_only} {of}')
        print(name, full, read_only, *sorted(disks.sentences), sep='\n  ')
        faults += [f'{name}: {fault}' for fault in disks.faults]
    Console(width=100).print(table)
    return faults


if __name__ == '__main__':
    sys.exit(run_attack(build_parser(), attack))
