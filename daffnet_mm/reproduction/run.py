"""Do the trainings of a plan, on GPUs, CPUs or through Slurm."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import mean

from daffnet_lite.fileio.claims import claim_folder

from .plan import Plan, Run
from .training_steps import (
    FAILED,
    FINISHED,
    Outcome,
    StepFailedError,
    complete,
    read_outcome,
    run_logged,
    write_outcome,
)

_POLL_SECONDS = 0.5


@dataclass
class LocalLauncher:
    """Start processes on this machine, one a device at a time.

    Args:
        devices (Sequence[str]): The GPUs, as ``CUDA_VISIBLE_DEVICES`` names
            them. Defaults to none: no choice is made for the processes.
        jobs (int): Trainings at a time where there are no devices. Defaults
            to 1.
    """

    devices: Sequence[str] = ()
    jobs: int = 1

    def slots(self) -> list[str | None]:
        """What a training occupies, one item a training at a time."""
        return list(self.devices) or [None] * self.jobs

    def command(self, tool: Path, arguments: Sequence, name: str) -> list[str]:
        """The command of a step."""
        return [sys.executable, str(tool), *map(str, arguments)]

    def environment(self, slot: str | None) -> dict[str, str]:
        """The environment of a process in a slot."""
        if slot is None:
            return dict(os.environ)
        return dict(os.environ, CUDA_VISIBLE_DEVICES=slot)


@dataclass
class SlurmLauncher(LocalLauncher):
    """Submit each run by ``srun``; the processes find each other by MMEngine.

    Args:
        options (Sequence[str]): Options of ``srun``, such as
            ``'--partition=gpu'`` or ``'--ntasks=4'``. Defaults to none.
        jobs (int): Runs submitted at a time. Defaults to 1.
    """

    options: Sequence[str] = ()

    def command(self, tool: Path, arguments: Sequence, name: str) -> list[str]:
        """The command of a step."""
        program, *rest = super().command(tool, arguments, name)
        # Only a training is divided among several processes.
        training = tool.name == 'train.py'
        return [
            'srun',
            '--kill-on-bad-exit=1',
            *self.options,
            *([] if training else ['--ntasks=1']),
            f'--job-name={name}',
            program,
            '-u',
            *rest,
            *(['--launcher', 'slurm'] if training else []),
        ]


class _StoppedError(Exception):
    """The runner was told to stop: what it ended has not ended."""


class Trainer:
    """Run what a plan lacks; what fails does not stop the rest.

    Args:
        plan (Plan): The plan, prepared.
        launcher (LocalLauncher): How processes are started.
        report (Callable): Called, by one thread at a time, with each run when
            it starts (and None) and when it has ended (and its outcome).
    """

    def __init__(
        self,
        plan: Plan,
        launcher: LocalLauncher,
        report: Callable[[Run, Outcome | None], None],
    ) -> None:
        self.plan = plan
        self.launcher = launcher
        self.report = report
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._processes: list[subprocess.Popen] = []

    def run(self) -> Mapping[Run, Outcome]:
        """Do every run that has not finished.

        A run that failed in an earlier call is tried again, from its last
        checkpoint.

        Returns:
            Mapping[Run, Outcome]: How all of them ended.

        Raises:
            InputError: If another process works in the folder.
        """
        slots: queue.Queue[str | None] = queue.Queue()
        for slot in self.launcher.slots():
            slots.put(slot)
        outcomes: dict[Run, Outcome] = {}
        futures: dict[Run, Future[Outcome]] = {}
        with (
            claim_folder(self.plan.settings.out_dir),
            ThreadPoolExecutor(slots.qsize()) as pool,
        ):
            try:
                # In the plan's order, where what is needed comes first: the
                # one that waits for another never keeps it from starting.
                for run in self.plan.configs:
                    outcome = read_outcome(self.plan.folder(run))
                    if outcome is not None and outcome.state == FINISHED:
                        outcomes[run] = outcome
                        continue
                    needed = self.plan.needs.get(run)
                    futures[run] = pool.submit(
                        self._work,
                        run,
                        None if needed is None else futures.get(needed),
                        slots,
                    )
                wait(futures.values())
            except BaseException:
                self.stop()
                pool.shutdown(cancel_futures=True)
                raise
        outcomes.update((run, f.result()) for run, f in futures.items())
        return outcomes

    def stop(self) -> None:
        """End the processes."""
        self._stopped.set()
        with self._lock:
            for process in self._processes:
                process.terminate()

    def _work(self, run: Run, needed: Future | None, slots) -> Outcome:
        """Do one run, whatever comes of it."""
        if needed is not None and needed.result().state != FINISHED:
            outcome = Outcome(
                FAILED,
                error=f'{self.plan.needs[run].name}, which it needs, failed',
            )
            write_outcome(self.plan.folder(run), outcome)
            self._tell(run, outcome)
            return outcome
        slot = slots.get()
        try:
            if self._stopped.is_set():
                raise _StoppedError
            self._tell(run, None)
            outcome = complete(
                self.plan.folder(run),
                self.plan.files[run],
                partial(self._execute, run, slot),
                self.plan.teacher(run),
                # A training whose runner was killed is still at work: what
                # it does counts.
                wait=lambda: not self._stopped.wait(_POLL_SECONDS),
            )
        finally:
            slots.put(slot)
        self._tell(run, outcome)
        return outcome

    def _tell(self, run: Run, outcome: Outcome | None) -> None:
        with self._lock:
            self.report(run, outcome)

    def _execute(self, run, slot, tool, arguments, lock) -> None:
        """Do one step of a run."""
        command = self.launcher.command(
            self.plan.settings.tools / tool,
            arguments,
            run.name.replace('/', '.'),
        )
        log = self.plan.folder(run) / f'{Path(tool).stem}.log'
        try:
            run_logged(
                command,
                log,
                lock,
                self._started,
                self.launcher.environment(slot),
            )
        except StepFailedError as e:
            if self._stopped.is_set():
                raise _StoppedError from e
            raise

    def _started(self, process: subprocess.Popen) -> None:
        with self._lock:
            self._processes.append(process)
            if self._stopped.is_set():
                process.terminate()


def time_left(plan: Plan, jobs: int) -> tuple[int, str]:
    """Say how far the runs of a plan are, and how long the rest will take.

    A run takes what its method took on its dataset, or else what the runs
    took on average.

    Args:
        plan (Plan): The runs.
        jobs (int): Runs at a time.

    Returns:
        tuple[int, str]: How many have ended, and in words the same and, once
        one has finished, a guess.
    """
    left: list[Run] = []
    took: dict[tuple[str, str], list[float]] = {}
    for run in plan.configs:
        outcome = read_outcome(plan.folder(run))
        if outcome is None:
            left.append(run)
        elif outcome.state == FINISHED and outcome.minutes is not None:
            alike = took.setdefault((run.dataset, run.method), [])
            alike.append(outcome.minutes)
    ended = len(plan.configs) - len(left)
    text = f'{ended} of {len(plan.configs)} runs'
    if not left or not took:
        return ended, text
    average = mean(chain(*took.values()))
    minutes = sum(
        mean(took.get((run.dataset, run.method), [average])) / jobs
        for run in left
    )
    if minutes < 90:
        text += f', about {max(1, round(minutes))} minutes left'
    else:
        text += f', about {minutes / 60:.1f} hours left'
    return ended, text
