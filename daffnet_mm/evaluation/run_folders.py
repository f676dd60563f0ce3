"""What a finished training has left in its folder."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.csv_files import (
    from_spreadsheet,
    read_csv,
    read_number,
)
from daffnet_lite.fileio.json_files import read_json

_NO_PROBABILITIES = (
    '{} has no probabilities; its columns must be true and p(<class>) for '
    'each class, as EvaluationReportHook writes them'
)


def read_metrics(folder: str | Path) -> dict[str, float | None]:
    """Read the figures that a test has left.

    Args:
        folder (str | Path): A work folder.

    Returns:
        dict[str, float | None]: All of them by key, such as
        ``'wbc/accuracy'`` and ``'attr/accuracy'``, in percent; None where one
        has no value.

    Raises:
        InputError: If such a file is damaged.
    """
    found = {}
    for path in sorted(Path(folder, 'evaluation').glob('*_metrics.json')):
        content = read_json(path)
        if not isinstance(content, dict) or not isinstance(
            content.get('metrics'), dict
        ):
            raise InputError(f'{path} holds no metrics; test the model again')
        found.update(content['metrics'])
    return found


def read_correct(
    folder: str | Path, attributes: Sequence[str] = ()
) -> dict[str, bool]:
    """Read which cells of a test a model has right.

    Args:
        folder (str | Path): A work folder.
        attributes (Sequence[str]): Which attributes must be right, so far as
            they are known. Defaults to none of them, but the cell type.

    Returns:
        dict[str, bool]: Whether they are, by image. Cells of which nothing is
        known are left out.

    Raises:
        InputError: If there is no such file, or it lacks a column.
    """
    columns = {name: f'{name}_predicted' for name in attributes}
    path = Path(folder, 'evaluation', 'attr_predictions.csv')
    if not attributes:
        columns = {'true': 'predicted'}
        path = path.with_name('wbc_predictions.csv')
    return {
        row['image']: all(
            row[true] in ('', row[predicted])
            for true, predicted in columns.items()
        )
        for _, row in _read_rows(path, ('image', *columns, *columns.values()))
        if any(row[true] for true in columns)
    }


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
    rows = [
        (where, row)
        for where, row in _read_rows(file, ('true',))
        if row['true']
    ]
    columns = [c for c in (rows[0][1] if rows else ()) if c[:2] == 'p(']
    if not columns:
        raise InputError(_NO_PROBABILITIES.format(file))
    classes = tuple(c[2:-1] for c in columns)
    for where, row in rows:
        if row['true'] not in classes:
            raise InputError(
                f'{where}: a cell of the class {row["true"]}, but there are '
                'no probabilities for it'
            )
    scores = [
        [read_number(row[column], where, column) for column in columns]
        for where, row in rows
    ]
    true = np.array([classes.index(row['true']) for _, row in rows])
    return classes, true, np.array(scores)


def _read_rows(
    file: Path, columns: Sequence[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Read a table that was written for people."""
    for where, row in read_csv(file, columns):
        yield (
            where,
            {column: from_spreadsheet(cell) for column, cell in row.items()},
        )


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
