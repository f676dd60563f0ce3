"""Leave one laboratory out: train on the others, and test on it.

What makes a network hold where it was never trained? Each candidate, a config
of ``configs/daffnet/unseen``, is trained four times, without one laboratory
each, and tested on that one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.json_files import write_json
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.utils.rounding import rounded_down, with_interval
from daffnet_mm.evaluation.functional import (
    FEWEST_CELLS,
    balanced_accuracy,
    counted_classes,
)
from daffnet_mm.evaluation.run_folders import read_predictions

from .matrix import Table, own_table
from .methods import LEFT_OUT, list_methods
from .plan import Plan, Run
from .training_steps import FINISHED, read_outcome

#: The name of the table.
UNSEEN = 'unseen'
_BASELINE = 'unseen/baseline'
_TITLE = 'Trained without a laboratory, tested on it'


def unseen_table(
    configs: Path, datasets: Sequence[str] | None = None
) -> Table:
    """Declare the experiment.

    Args:
        configs (Path): The project's folder of configs.
        datasets (Sequence[str], optional): Which laboratories to leave out,
            keys of ``LEFT_OUT``. Defaults to None: each in turn.

    Returns:
        Table: A row a candidate, the baseline first.
    """
    methods = [m for m in list_methods(configs) if m.startswith('unseen/')]
    methods.sort(key=lambda method: (method != _BASELINE, method))
    table = own_table(datasets or list(LEFT_OUT), methods)
    return replace(table, name=UNSEEN, title=_TITLE)


@dataclass(frozen=True)
class UnseenResult:
    """What a training reached on the laboratory that it was without.

    Attributes:
        run (Run): The training.
        minutes (float, optional): How long it took.
        right (dict[str, int]): How many cells of each type are right.
        cells (dict[str, int]): How many there are, of the types that occur.
    """

    run: Run
    minutes: float | None
    right: dict[str, int]
    cells: dict[str, int]

    @property
    def counted(self) -> list[str]:
        """The types with cells enough; all, where none has enough."""
        return counted_classes(self.cells)

    def balanced(self) -> tuple[float, float, float]:
        """The mean recall in percent, and its 95 % interval."""
        found = balanced_accuracy(
            [self.right[t] for t in self.counted],
            [self.cells[t] for t in self.counted],
        )
        return 100 * found.value, 100 * found.low, 100 * found.high

    def record(self) -> dict:
        """Lay it out for JSON."""
        value, low, high = self.balanced()
        return dict(
            candidate=_name(self.run.method),
            left_out=LEFT_OUT[self.run.dataset],
            seed=self.run.seed,
            minutes=self.minutes,
            balanced_accuracy=value,
            low=low,
            high=high,
            types=self.counted,
            right=self.right,
            cells=self.cells,
        )


def read_result(run: Run, folder: Path) -> UnseenResult | None:
    """Read what a training reached.

    Args:
        run (Run): The training.
        folder (Path): Its folder.

    Returns:
        UnseenResult, optional: None if it has not finished.
    """
    outcome = read_outcome(folder)
    if outcome is None or outcome.state != FINISHED:
        return None
    classes, true, scores = read_predictions(folder)
    hits = scores.argmax(axis=1) == true
    cells = {c: int((true == i).sum()) for i, c in enumerate(classes)}
    cells = {c: count for c, count in cells.items() if count}
    right = {
        c: int(hits[true == i].sum())
        for i, c in enumerate(classes)
        if c in cells
    }
    return UnseenResult(run, outcome.minutes, right, cells)


def write_unseen(plan: Plan) -> list[Path]:
    """Write the balanced accuracies, as Markdown and JSON.

    Args:
        plan (Plan): The runs, finished or not.

    Returns:
        list[Path]: The files.
    """
    found = [
        result
        for run in plan.configs
        if run.dataset in LEFT_OUT
        and (result := read_result(run, plan.folder(run))) is not None
    ]
    folder = plan.settings.out_dir / 'tables'
    page, records = (
        folder / f'{UNSEEN}_balanced.{suffix}' for suffix in ('md', 'json')
    )
    with atomic_write(page) as file:
        file.write(f'# {_TITLE}\n\n{_markdown(found)}')
    write_json(records, [result.record() for result in found])
    return [page, records]


def _markdown(found: Sequence[UnseenResult]) -> str:
    """Both tables, and what they show."""
    by_candidate: dict[str, dict[str, list[UnseenResult]]] = {}
    for result in found:
        of_candidate = by_candidate.setdefault(result.run.method, {})
        of_candidate.setdefault(result.run.dataset, []).append(result)
    tested = {result.run.dataset for result in found}
    left_out = [dataset for dataset in LEFT_OUT if dataset in tested]
    base = by_candidate.get(_BASELINE, {})
    rows = []
    for method, results in by_candidate.items():
        cells = [_cell(results.get(dataset, [])) for dataset in left_out]
        means = {d: _mean(r) for d, r in results.items()}
        over = '-'
        if method != _BASELINE and means and means.keys() <= base.keys():
            gain = mean(means[d] - _mean(base[d]) for d in means)
            over = f'{gain:+.1f}'
        whole = len(means) == len(left_out)
        average = rounded_down(mean(means.values()), 1) if whole else '-'
        rows.append([_name(method), *cells, average, over])
    headers = ['candidate', *(LEFT_OUT[d] for d in left_out)]
    text = (
        'Balanced accuracy in percent: of one seed with the 95 % interval '
        "from the cells tested, of several the mean and the seeds' range. "
        f'Types of fewer than {FEWEST_CELLS} cells do not count. What a '
        'candidate has over the baseline is the mean over the laboratories '
        'that it was tested on.\n\n'
    )
    text += to_markdown([*headers, 'mean', 'over the baseline'], rows)
    return f'{text}\nRecall in percent.\n\n{_recall_table(found)}'


def _recall_table(found: Sequence[UnseenResult]) -> str:
    types = sorted({t for result in found for t in result.cells})
    rows = [
        [
            _name(result.run.method),
            LEFT_OUT[result.run.dataset],
            str(result.run.seed),
            *(_recall(result, t) for t in types),
        ]
        for result in found
    ]
    return to_markdown(['candidate', 'left out', 'seed', *types], rows)


def _recall(result: UnseenResult, cell_type: str) -> str:
    cells = result.cells.get(cell_type)
    if not cells:
        return '-'
    right = result.right[cell_type]
    if cell_type not in result.counted:
        return f'{right} of {cells}'
    return rounded_down(100 * right / cells, 1)


def _cell(results: Sequence[UnseenResult]) -> str:
    if not results:
        return '-'
    if len(results) == 1:
        value, low, high = results[0].balanced()
    else:
        values = [result.balanced()[0] for result in results]
        value, low, high = mean(values), min(values), max(values)
    return with_interval(value, low, high)


def _mean(results: Sequence[UnseenResult]) -> float:
    return mean(result.balanced()[0] for result in results)


def _name(method: str) -> str:
    return method.removeprefix('unseen/')
