"""How far the runs of a plan are, and how long the rest will take."""

from collections.abc import Iterable

from .plan import Plan, Run
from .run import FINISHED, Outcome, read_outcome


class TimeLeft:
    """Guess from the runs that have finished how long the others take.

    A run takes what its method took on its dataset, or else what the runs
    took on average.

    Args:
        plan (Plan): The runs.
        jobs (int): Runs at a time.
    """

    def __init__(self, plan: Plan, jobs: int) -> None:
        self.jobs = jobs
        self.minutes: dict[Run, float] = {}
        self.ended: set[Run] = set()
        self.runs = list(plan.configs)
        for run in self.runs:
            outcome = read_outcome(plan.folder(run))
            if outcome is not None and outcome.state == FINISHED:
                self.add(run, outcome)

    def add(self, run: Run, outcome: Outcome) -> None:
        """Take account of a run that has ended.

        Args:
            run (Run): The run.
            outcome (Outcome): How it ended.
        """
        self.ended.add(run)
        if outcome.state == FINISHED and outcome.minutes is not None:
            self.minutes[run] = outcome.minutes

    def guess(self) -> float | None:
        """Guess the time to the end.

        Returns:
            float, optional: Minutes; None while no run has finished.
        """
        if not self.minutes:
            return None
        everything = _mean(self.minutes.values())
        total = 0.0
        for run in self.runs:
            if run in self.ended:
                continue
            alike = [
                minutes
                for other, minutes in self.minutes.items()
                if (other.dataset, other.method) == (run.dataset, run.method)
            ]
            total += _mean(alike) if alike else everything
        return total / self.jobs

    def __str__(self) -> str:
        done = f'{len(self.ended)} of {len(self.runs)} runs'
        minutes = self.guess()
        if minutes is None or len(self.ended) == len(self.runs):
            return done
        if minutes < 90:
            return f'{done}, about {max(1, round(minutes))} minutes left'
        return f'{done}, about {minutes / 60:.1f} hours left'


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values)
