"""Tables filled with what the runs measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_mm.evaluation.run_folders import read_correct, read_metrics

from .matrix import Row, Section, Table
from .methods import MAP_METHODS
from .plan import Run
from .statistics import Comparison, Summary, compare, summarize
from .training_steps import FAILED, FINISHED, read_outcome

#: The folder of each run.
Runs = Mapping[Run, Path]
#: The method over whose MAP the others' gains are told, and of what.
SUPERVISED = 'map/plain'
GAINS = ('attr/accuracy', 'attr/f1_macro', 'attr/subset_accuracy')


@dataclass
class RowResult:
    """A row with our figures.

    Attributes:
        row (Row): The row.
        asked (int): The number of its runs.
        measured (dict): All figures of those that have finished, by metric
            key, by seed and fold.
        failures (dict[str, str]): Why a run failed, by its name.
        figures (dict[str, Summary]): Our figures by column.
        gains (dict[str, list[float]]): What each run has more than the
            supervised MAP of the same seed and fold, by metric key.
        comparison (Comparison, optional): McNemar's test against the trained
            row above that is about the same. None where there is none, or it
            is the same training.
        same_as (str, optional): The label of the row above that is the same
            training.
    """

    row: Row
    asked: int = 0
    measured: dict[tuple, dict] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Summary] = field(default_factory=dict)
    gains: dict[str, list[float]] = field(default_factory=dict)
    comparison: Comparison | None = None
    same_as: str | None = None

    @property
    def state(self) -> str:
        """How its runs stand, in words."""
        if self.row.method is None:
            return 'published only'
        if not self.measured and not self.failures:
            return 'not run'
        words = f'{len(self.measured)} of {self.asked}'
        if self.failures:
            diverged = sum(
                'became nan' in e or 'became inf' in e
                for e in self.failures.values()
            )
            words += f', {len(self.failures)} failed'
            if diverged:
                words += f' ({diverged} diverged)'
        return words

    def values(self, column: str) -> list[float]:
        """What its runs have in a column, where they have a value."""
        key = self.row.key(column)
        found = (metrics.get(key) for metrics in self.measured.values())
        return [value for value in found if value is not None]


@dataclass
class SectionResult:
    """A dataset's rows with our figures.

    Attributes:
        section (Section): The dataset.
        share (float): The share of the labels that were trained on.
        columns (dict[str, str]): Title by metric key.
        rows (list[RowResult]): The rows.
    """

    section: Section
    share: float
    columns: dict[str, str]
    rows: list[RowResult]


def fill(
    table: Table,
    runs_of: Callable[[str, str, float], Runs],
    shares: Sequence[float] = (1.0,),
) -> list[SectionResult]:
    """Read what the runs of a table measured.

    Args:
        table (Table): The table.
        runs_of (Callable): Gives the folder of each run, finished or not, of
            a method on a dataset with a share of the labels.
        shares (Sequence[float]): The shares. Defaults to all labels alone.

    Returns:
        list[SectionResult]: The datasets, each with every share.
    """
    return [
        _fill_section(table, section, share, runs_of)
        for section in table.sections
        for share in shares
    ]


def _fill_section(table, section, share, runs_of) -> SectionResult:
    rows: list[RowResult] = []
    above: dict[tuple, tuple[RowResult, Runs]] = {}
    for row in section.rows:
        result = RowResult(row)
        rows.append(result)
        if row.method is None:
            continue
        runs = runs_of(section.dataset, row.method, share)
        _read_runs(runs, result)
        about = (row.method in MAP_METHODS, row.attribute)
        if about in above:
            other, theirs = above[about]
            if theirs == runs:
                result.same_as = other.row.label
            else:
                result.comparison = compare(
                    _correct(theirs, row), _correct(runs, row)
                )
        above[about] = result, runs
    columns = dict(table.columns)
    _add_classes(columns, rows)
    for result in rows:
        for column in columns:
            values = result.values(column)
            if values:
                result.figures[column] = summarize(values)
    _compare_with_supervised(rows)
    return SectionResult(section, share, columns, rows)


def _read_runs(runs: Runs, result: RowResult) -> None:
    result.asked = len(runs)
    for run, folder in runs.items():
        outcome = read_outcome(folder)
        if outcome is not None and outcome.state == FAILED:
            result.failures[run.name] = outcome.error or ''
        elif outcome is not None:
            result.measured[run.seed, run.fold] = read_metrics(folder)


def _compare_with_supervised(rows: list[RowResult]) -> None:
    """Tell the gains of the other MAPs, seed by seed."""
    whole = {r.row.method: r for r in rows if r.row.attribute is None}
    if SUPERVISED not in whole:
        return
    base = whole.pop(SUPERVISED).measured
    for result in whole.values():
        for metric in GAINS:
            gains = [
                own[metric] - base[key][metric]
                for key, own in result.measured.items()
                if own.get(metric) is not None
                and base.get(key, {}).get(metric) is not None
            ]
            if gains:
                result.gains[metric] = gains


def _correct(runs: Runs, row: Row) -> dict:
    """What each seed has right in each fold; complete seeds only."""
    attributes: list[str] = []
    if row.method in MAP_METHODS:
        attributes = [row.attribute] if row.attribute else [*WBC_ATTRIBUTES]
    seeds: dict[int, list[Path]] = {}
    for run, folder in runs.items():
        seeds.setdefault(run.seed, []).append(folder)
    return {
        seed: [read_correct(folder, attributes) for folder in folders]
        for seed, folders in seeds.items()
        if all((folder / f'{FINISHED}.json').is_file() for folder in folders)
    }


def _add_classes(columns: dict[str, str], rows: list[RowResult]) -> None:
    """Add what a table by class lacks: a dataset's further classes."""
    if not columns or not all(
        key.count('/') == 2 and key.endswith('/recall') for key in columns
    ):
        return
    for result in rows:
        for metrics in result.measured.values():
            for key in metrics:
                name = key.split('/')
                if len(name) == 3 and name[0] == 'wbc' and name[2] == 'recall':
                    columns.setdefault(key, name[1])
