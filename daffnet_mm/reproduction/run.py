"""Do the trainings of a plan, on GPUs, CPUs or through Slurm."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from daffnet_mm.apis.pseudo_labelling import pseudo_labelled_datasets
from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write

from .plan import Plan, Run
from .training_steps import StepFailedError, claimed, last_line

FINISHED, FAILED = 'finished', 'failed'
_POLL_SECONDS = 0.5


class Outcome(NamedTuple):
    """How a run ended.

    Attributes:
        state (str): ``'finished'`` or ``'failed'``.
        minutes (float, optional): How long it took, where that is known.
        error (str, optional): Why it failed.
    """

    state: str
    minutes: float | None = None
    error: str | None = None


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

    def command(
        self, tool: Path, arguments: Sequence, name: str, training: bool
    ) -> list[str]:
        """The command of a step."""
        return [sys.executable, str(tool), *map(str, arguments)]

    def environment(self, slot: str | None) -> dict[str, str]:
        """The environment of a process in a slot."""
        if slot is None:
            return dict(os.environ)
        return dict(os.environ, CUDA_VISIBLE_DEVICES=slot)


@dataclass
class SlurmLauncher:
    """Submit each run by ``srun``; the processes find each other by MMEngine.

    Args:
        options (Sequence[str]): Options of ``srun``, such as
            ``'--partition=gpu'`` or ``'--ntasks=4'``. Defaults to none.
        jobs (int): Runs submitted at a time. Defaults to 1.
    """

    options: Sequence[str] = field(default_factory=tuple)
    jobs: int = 1

    def slots(self) -> list[None]:
        """What a training occupies, one item a training at a time."""
        return [None] * self.jobs

    def command(
        self, tool: Path, arguments: Sequence, name: str, training: bool
    ) -> list[str]:
        """The command of a step."""
        # Only a training is divided among several processes.
        further = [] if training else ['--ntasks=1']
        launcher = ['--launcher', 'slurm'] if training else []
        return [
            'srun',
            '--kill-on-bad-exit=1',
            *self.options,
            *further,
            f'--job-name={name}',
            sys.executable,
            '-u',
            str(tool),
            *map(str, arguments),
            *launcher,
        ]

    def environment(self, slot: None) -> dict[str, str]:
        """The environment of ``srun``."""
        return dict(os.environ)


def read_outcome(folder: Path) -> Outcome | None:
    """Find how a run ended.

    Args:
        folder (Path): Its folder.

    Returns:
        Outcome, optional: None if it has not ended.
    """
    for state in (FINISHED, FAILED):
        path = folder / f'{state}.json'
        if path.is_file():
            with open(path, encoding='utf-8') as f:
                content = json.load(f)
            return Outcome(state, content.get('minutes'), content.get('error'))
    return None


class Trainer:
    """Run what a plan lacks; what fails does not stop the rest.

    Args:
        plan (Plan): The plan, prepared.
        launcher (LocalLauncher | SlurmLauncher): How processes are started.
        report (Callable): Called, by one thread at a time, with each run when
            it starts (and None) and when it has ended (and its outcome).
    """

    def __init__(
        self,
        plan: Plan,
        launcher: LocalLauncher | SlurmLauncher,
        report: Callable[[Run, Outcome | None], None],
    ) -> None:
        self.plan = plan
        self.launcher = launcher
        self.report = report
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._processes: set[subprocess.Popen] = set()

    def run(self) -> Mapping[Run, Outcome]:
        """Do every run that has not finished.

        A run that failed in an earlier call is tried again, from its last
        checkpoint.

        Returns:
            Mapping[Run, Outcome]: How all of them ended.

        Raises:
            InputError: If another process works in the folder.
        """
        slots = queue.Queue()
        for slot in self.launcher.slots():
            slots.put(slot)
        outcomes, futures = {}, {}
        with (
            claimed(self.plan.settings.out_dir),
            ThreadPoolExecutor(slots.qsize()) as pool,
        ):
            try:
                # In the plan's order, where what is needed comes first: the
                # one that waits for another never keeps it from starting.
                for run in self.plan.configs:
                    folder = self.plan.folder(run)
                    outcome = read_outcome(folder)
                    if outcome is not None and outcome.state == FINISHED:
                        outcomes[run] = outcome
                        continue
                    needed = self.plan.needs.get(run)
                    futures[run] = pool.submit(
                        self._work, run, needed, futures.get(needed), slots
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
                with suppress(ProcessLookupError):
                    process.terminate()

    def _work(self, run, needed, future, slots) -> Outcome:
        """Do one run, whatever comes of it."""
        if future is not None and future.result().state != FINISHED:
            outcome = Outcome(
                FAILED, error=f'{needed.name}, which it needs, failed'
            )
            _write_outcome(self.plan.folder(run), outcome)
            self._tell(run, outcome)
            return outcome
        slot = slots.get()
        try:
            if self._stopped.is_set():
                return Outcome(FAILED, error='not started')
            self._tell(run, None)
            outcome = self._do(run, needed, slot)
        finally:
            slots.put(slot)
        if not self._stopped.is_set():
            self._tell(run, outcome)
        return outcome

    def _tell(self, run: Run, outcome: Outcome | None) -> None:
        with self._lock:
            self.report(run, outcome)

    def _do(self, run: Run, needed: Run | None, slot: str | None) -> Outcome:
        folder = self.plan.folder(run)
        start = time.monotonic()
        with ExitStack() as stack:
            lock = stack.enter_context(_Claim(folder, self._stopped))
            try:
                self._steps(run, needed, slot, lock)
                outcome = Outcome(FINISHED, (time.monotonic() - start) / 60)
            except (InputError, StepFailedError, OSError) as error:
                outcome = Outcome(
                    FAILED,
                    (time.monotonic() - start) / 60,
                    ' '.join(str(error).split()),
                )
            # What was ended by us has not ended.
            if not self._stopped.is_set() or outcome.state == FINISHED:
                _write_outcome(folder, outcome)
        return outcome

    def _steps(self, run, needed, slot, lock) -> None:
        """Label, where a run has something to label, and train."""
        folder, cfg = self.plan.folder(run), self.plan.configs[run]
        config = self.plan.files[run]
        tools = self.plan.settings.tools
        if pseudo_labelled_datasets(cfg.train_dataloader.dataset):
            self._step(
                run,
                slot,
                lock,
                tools / 'pseudo_label.py',
                [config, self.plan.folder(needed) / 'best.pth'],
                folder / 'pseudo_label.log',
            )
        self._step(
            run,
            slot,
            lock,
            tools / 'train.py',
            [config, '--work-dir', folder, '--resume'],
            folder / 'train.log',
        )
        if not (folder / 'evaluation').is_dir():
            raise StepFailedError(
                f'train.py ended without an evaluation (see '
                f'{folder / "train.log"})'
            )

    def _step(self, run, slot, lock, tool, arguments, log) -> None:
        command = self.launcher.command(
            tool,
            arguments,
            run.name.replace('/', '.'),
            tool.name == 'train.py',
        )
        with open(log, 'ab') as output:
            process = subprocess.Popen(
                command,
                env=self.launcher.environment(slot),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
            )
        with self._lock:
            self._processes.add(process)
            if self._stopped.is_set():
                process.terminate()
        status = process.wait()
        with self._lock:
            self._processes.discard(process)
        if status:
            raise StepFailedError(
                f'{tool.name} '
                + (
                    f'was ended by signal {-status}'
                    if status < 0
                    else f'ended with status {status}'
                )
                + f': {last_line(log)} (see {log})'
            )


class _Claim:
    """The lock of a run's folder, waited for.

    A training whose runner was killed still holds it: what that training
    does counts.
    """

    def __init__(self, folder: Path, stopped: threading.Event) -> None:
        self.folder = folder
        self.stopped = stopped
        self._stack = ExitStack()

    def __enter__(self) -> int:
        while True:
            try:
                return self._stack.enter_context(claimed(self.folder))
            except InputError:
                if self.stopped.wait(_POLL_SECONDS):
                    raise

    def __exit__(self, *error) -> None:
        self._stack.close()


def _write_outcome(folder: Path, outcome: Outcome) -> None:
    content = dict(minutes=outcome.minutes)
    if outcome.error:
        content['error'] = outcome.error
    with atomic_write(folder / f'{outcome.state}.json') as f:
        json.dump(content, f)
    if outcome.state == FINISHED:
        (folder / f'{FAILED}.json').unlink(missing_ok=True)
