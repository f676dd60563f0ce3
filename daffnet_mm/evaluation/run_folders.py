"""What a finished training has left in its folder."""

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from daffnet_mm.errors import InputError

#: A key's epochs and values.
Curve = tuple[list[float], list[float]]

_NO_PROBABILITIES = (
    '{} has no probabilities; its columns must be true and p(<class>) for '
    'each class, as EvaluationReportHook writes them'
)


def read_training_log(folder: str | Path) -> dict[str, Curve]:
    """Read what MMEngine logged of a training.

    What is logged several times in an epoch is averaged. Of a training that
    was interrupted and resumed, or begun anew in the same folder, the latest
    of each epoch counts.

    Args:
        folder (str | Path): The work folder.

    Returns:
        dict[str, Curve]: Epochs and values of each key.

    Raises:
        InputError: If the folder has no logs, or they cannot be read.
    """
    folder = Path(folder)
    files = sorted(folder.glob('*/vis_data/scalars.json'))
    if not files:
        raise InputError(
            f'{folder} has no logs (*/vis_data/scalars.json); name the work '
            'folder of a training that was started with tools/train.py'
        )
    curves: defaultdict[str, dict[float, float]] = defaultdict(dict)
    for file in files:
        found = _read_scalars(file)
        first = min(
            (epoch for values in found.values() for epoch in values),
            default=None,
        )
        if first is None:  # killed before it logged anything
            continue
        for values in curves.values():
            for epoch in [e for e in values if e >= first]:
                del values[epoch]
        for key, logged in found.items():
            curves[key].update(
                {epoch: float(np.mean(v)) for epoch, v in logged.items()}
            )
    return {
        key: (sorted(values), [values[e] for e in sorted(values)])
        for key, values in curves.items()
        if values
    }


def _read_scalars(file: Path) -> Mapping[str, Mapping[float, list[float]]]:
    """Read one file; values are by key and epoch."""
    found: defaultdict[str, defaultdict[float, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    lines = file.read_text(encoding='utf-8').splitlines()
    for number, line in enumerate(lines, 1):
        try:
            scalars = dict(json.loads(line))
            # Validations have the epoch as their step.
            epoch = scalars['epoch' if 'epoch' in scalars else 'step']
        except (KeyError, TypeError, ValueError) as e:
            if number == len(lines):  # cut when the training was killed
                break
            raise InputError(
                f'{file}, line {number} holds no values; the log is damaged'
            ) from e
        for key, value in scalars.items():
            if key not in ('epoch', 'iter', 'step') and isinstance(
                value, (int, float)
            ):
                found[key][epoch].append(value)
    return found


def read_predictions(
    place: str | Path,
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Read the probabilities that a test has left.

    Args:
        place (str | Path): A work folder, the folder of an evaluation in it,
            or a file ``wbc_predictions.csv`` itself.

    Returns:
        tuple[tuple[str, ...], np.ndarray, np.ndarray]: The K class names, the
        true classes (int, shape (N, )) and the probabilities (shape (N, K)).
        Cells of unknown class are left out.

    Raises:
        InputError: If there is no such file, or it has no probabilities.
    """
    place = Path(place)
    names = ('wbc_predictions.csv', 'evaluation/wbc_predictions.csv')
    file = (
        place
        if place.is_file()
        else next((place / n for n in names if (place / n).is_file()), None)
    )
    if file is None:
        raise InputError(
            f'{place} has no predictions ({names[1]}); name the work folder '
            'of a tested model: EvaluationReportHook writes them'
        )
    with open(file, newline='', encoding='utf-8') as f:
        rows = list(csv.DictReader(f))
    columns = [c for c in (rows[0] if rows else ()) if c[:2] == 'p(']
    try:
        rows = [row for row in rows if row['true']]
        scores = np.array([[float(row[c]) for c in columns] for row in rows])
    except (KeyError, ValueError) as e:
        raise InputError(_NO_PROBABILITIES.format(file)) from e
    if not scores.size:
        raise InputError(_NO_PROBABILITIES.format(file))
    classes = tuple(c[2:-1] for c in columns)
    for row in rows:
        if row['true'] not in classes:
            raise InputError(
                f'{file} has cells of the class {row["true"]}, '
                'but no probabilities for it'
            )
    true = np.array([classes.index(row['true']) for row in rows])
    return classes, true, scores


def name_runs(
    places: Sequence[str], names: Sequence[str] | None = None
) -> dict[str, str]:
    """Give each run a name of its own.

    Args:
        places (Sequence[str]): Folders or files.
        names (Sequence[str], optional): The names. Defaults to None: what
            tells the places apart of their paths, from the end.

    Returns:
        dict[str, str]: The places by name.

    Raises:
        InputError: If the names do not tell the places apart.
    """
    if names is None:
        parts = [Path(p).absolute().parts for p in places]
        longer = [
            ['/'.join(p[-depth:]) for p in parts]
            for depth in range(1, max(map(len, parts)) + 1)
        ]
        names = next((n for n in longer if len(set(n)) == len(n)), longer[-1])
    if len(names) != len(places) or len(set(names)) < len(places):
        raise InputError(
            f'{len(places)} runs need as many different names, '
            f'not {", ".join(names)}'
        )
    return dict(zip(names, places, strict=True))
