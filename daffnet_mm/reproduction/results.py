"""Tables filled with what the runs measured."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .matrix import Row, Section, Table
from .methods import MAP_METHODS
from .paper_tables import read_correct, read_metrics
from .plan import Plan, Run
from .run import FAILED, FINISHED, read_outcome
from .statistics import Comparison, Summary, compare, summarize


@dataclass
class RowResult:
    """A row with our figures.

    Attributes:
        row (Row): The row.
        asked (int): The number of its runs.
        finished (int): Those that have finished.
        failures (dict[str, str]): Why a run failed, by its name.
        figures (dict[str, Summary]): Our figures by column.
        published (dict[str, float]): The paper's by column.
        comparison (Comparison, optional): McNemar's test against the trained
            row above. None where there is none, or it is the same training.
        same_as (str, optional): The label of the row above that is the same
            training.
    """

    row: Row
    asked: int = 0
    finished: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Summary] = field(default_factory=dict)
    published: dict[str, float] = field(default_factory=dict)
    comparison: Comparison | None = None
    same_as: str | None = None

    @property
    def state(self) -> str:
        """How its runs stand, in words."""
        if self.row.method is None:
            return 'published only'
        if not self.finished and not self.failures:
            return 'not run'
        words = f'{self.finished} of {self.asked}'
        if self.failures:
            diverged = sum(
                'became nan' in e or 'became inf' in e
                for e in self.failures.values()
            )
            words += f', {len(self.failures)} failed'
            if diverged:
                words += f' ({diverged} diverged)'
        return words


@dataclass
class SectionResult:
    """A dataset's rows with our figures.

    Attributes:
        section (Section): The dataset.
        columns (dict[str, str]): Title by metric key.
        rows (list[RowResult]): The rows.
    """

    section: Section
    columns: dict[str, str]
    rows: list[RowResult]


def fill(table: Table, plan: Plan) -> list[SectionResult]:
    """Read what the runs of a table measured.

    Args:
        table (Table): The table.
        plan (Plan): Its runs, finished or not.

    Returns:
        list[SectionResult]: The datasets.
    """
    return [_fill_section(table, section, plan) for section in table.sections]


def _fill_section(table: Table, section: Section, plan: Plan) -> SectionResult:
    columns = dict(table.columns)
    rows, measured = [], {}
    above = None
    for row in section.rows:
        result = RowResult(
            row,
            published={
                column: row.published[column]
                for column in columns
                if column in row.published
            },
        )
        rows.append(result)
        if row.method is None:
            continue
        runs = plan.runs_of(section.dataset, row.method)
        figures = _read_runs(plan, runs, result)
        measured[id(result)] = figures
        if above is not None and above[1] == runs:
            result.same_as = above[0].row.label
        elif above is not None:
            result.comparison = compare(
                _correct(plan, above[1], row.method),
                _correct(plan, runs, row.method),
            )
        above = (result, runs)
    _add_classes(columns, measured.values())
    for result in rows:
        for column in columns:
            key = result.row.key(column)
            values = [
                m[key]
                for m in measured.get(id(result), ())
                if m.get(key) is not None
            ]
            if values:
                result.figures[column] = summarize(values)
    return SectionResult(section, columns, rows)


def _read_runs(
    plan: Plan, runs: list[Run], result: RowResult
) -> list[dict[str, float]]:
    figures = []
    for run in runs:
        result.asked += 1
        folder = plan.folder(run)
        outcome = read_outcome(folder)
        if outcome is None:
            continue
        if outcome.state == FAILED:
            result.failures[run.name] = outcome.error
        elif outcome.state == FINISHED:
            result.finished += 1
            figures.append(read_all_metrics(folder))
    return figures


def read_all_metrics(folder: Path) -> dict[str, float]:
    """Read all figures of a finished run.

    Args:
        folder (Path): Its folder.

    Returns:
        dict[str, float]: In percent, by key; None where one has no value.
    """
    found = {}
    for prefix in ('wbc', 'attr'):
        if (folder / 'evaluation' / f'{prefix}_metrics.json').is_file():
            found.update(read_metrics(folder, prefix))
    return found


def _correct(plan: Plan, runs: list[Run], method: str) -> dict:
    """What each seed has right in each fold; complete seeds only."""
    read: Callable = read_correct
    if method in MAP_METHODS:
        read = _read_whole_cells
    seeds = {}
    for run in runs:
        seeds.setdefault(run.seed, []).append(run)
    return {
        seed: [read(plan.folder(run)) for run in own]
        for seed, own in seeds.items()
        if all((plan.folder(run) / 'finished.json').is_file() for run in own)
    }


def _read_whole_cells(work_dir: Path) -> dict[str, bool]:
    """Read of which test cells a MAP has all known attributes right."""
    path = work_dir / 'evaluation' / 'attr_predictions.csv'
    with open(path, newline='', encoding='utf-8') as f:
        return {
            row['image']: all(
                row[key.removesuffix('_predicted')] in ('', value)
                for key, value in row.items()
                if key.endswith('_predicted')
            )
            for row in csv.DictReader(f)
        }


def _add_classes(columns: dict[str, str], measured) -> None:
    """Add what a table by class lacks: a dataset's further classes."""
    if not columns or not all(
        key.count('/') == 2 and key.endswith('/recall') for key in columns
    ):
        return
    for figures in measured:
        for metrics in figures:
            for key in metrics:
                name = key.split('/')
                if len(name) == 3 and name[0] == 'wbc' and name[2] == 'recall':
                    columns.setdefault(key, name[1])
