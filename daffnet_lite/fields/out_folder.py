"""The folder of results: all of it is there, or nothing."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2

from daffnet_lite.answers import write_result
from daffnet_lite.boxes.geojson import feature_of_box
from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.csv_files import write_csv_rows
from daffnet_lite.fileio.names import printable
from daffnet_lite.preparation.folder_job import owned, run_jobs, written
from daffnet_lite.utils.rounding import rounded_down, rounded_up

from .drawing import LARGEST_SIDE, colour_of, read_and_draw
from .field_answers import FieldAnswers
from .field_result import FieldResult

#: Where all lies until it is whole.
_UNFINISHED = '.unfinished'
#: What is handed over of it.
_PARTS = (
    *('crops', 'annotated', 'geojson'),
    *('cells.csv', 'fields.csv', 'count.csv'),
)


@contextmanager
def working_folder(out_dir: Path | None) -> Iterator[Path]:
    """Have a folder to work in, whose results are handed over at the end.

    Args:
        out_dir (Path, optional): Where they go; None if they are not kept.

    Yields:
        Path: The folder, empty.

    Raises:
        InputError: If there is something in ``out_dir``, another process
            works there, or it cannot be written.
    """
    if out_dir is None:
        with TemporaryDirectory(prefix='daffnet-') as folder:
            yield Path(folder)
        return
    check_empty(out_dir)
    with owned(out_dir):
        check_empty(out_dir)
        work = out_dir / _UNFINISHED
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            yield work
            for name in _PARTS:
                if (work / name).exists():
                    os.replace(work / name, out_dir / name)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def check_empty(out_dir: Path) -> None:
    """Refuse a folder in which there is something already.

    Raises:
        InputError: If so. What was sorted by hand there is not to be lost.
    """
    if out_dir.is_dir() and any(
        not entry.name.startswith('.') for entry in out_dir.iterdir()
    ):
        raise InputError(
            f'{out_dir} holds files already, such as results that somebody '
            'may have sorted: name an empty folder or a new one'
        )


def write_outputs(
    work: Path,
    answers: FieldAnswers,
    num_workers: int,
    reading: Mapping[str, Any],
) -> list[str]:
    """Write tables, annotated pictures and GeoJSON; the crops are there.

    Args:
        work (Path): The folder.
        answers (FieldAnswers): The cells.
        num_workers (int): Processes.
        reading (Mapping): ``bit_depth`` and ``max_pixels``.

    Returns:
        list[str]: A sentence for each field whose name leaves no room for
        the ending of a file.

    Raises:
        InputError: If something else cannot be written, or a field is not
            there any more.
    """
    with atomic_write(work / 'cells.csv') as file:
        write_result(file, 'csv', answers)
    with atomic_write(work / 'fields.csv') as file:
        write_csv_rows(
            file,
            ('field', 'width', 'height', 'cells', *answers.classes),
            answers.field_rows(),
            for_people=True,
        )
    with atomic_write(work / 'count.csv') as file:
        write_csv_rows(
            file,
            ('cell_type', 'number', 'percent', 'low', 'high'),
            (
                (
                    count['cell_type'],
                    count['number'],
                    round(count['percent'], 2),
                    float(rounded_down(count['low'], 2)),
                    float(rounded_up(count['high'], 2)),
                )
                for count in answers.counts()
            ),
            for_people=True,
        )
    jobs = list(zip(answers.results, answers.stems, strict=True))
    with run_jobs(
        partial(_draw, work, dict(reading)),
        jobs,
        min(num_workers, len(jobs)),
        'Drawing fields',
    ) as made:
        return [sentence for sentence in made if sentence]


def _draw(
    work: Path, reading: dict[str, Any], job: tuple[FieldResult, str]
) -> str:
    result, stem = job
    picture = read_and_draw(result, largest=LARGEST_SIDE, **reading)
    try:
        with written(work / 'annotated' / f'{stem}.png') as file:
            file.write(cv2.imencode('.png', picture)[1].tobytes())
        with written(work / 'geojson' / f'{stem}.geojson') as file:
            file.write(json.dumps(geojson_of(result)).encode())
    except OSError as e:  # too long a name
        name = printable(result.field or stem)
        return f'field {name} is not drawn: {e.strerror}'
    return ''


def geojson_of(result: FieldResult) -> dict[str, Any]:
    """Describe a field's cells as QuPath imports objects.

    Args:
        result (FieldResult): The field.

    Returns:
        dict: A ``FeatureCollection``, with a class a type.
    """
    features = [
        feature_of_box(
            cell.box,
            cell.cell_type,
            colour_of(cell.cell_type, result.classes),
            dict(probability=cell.probability),
        )
        for cell in result.cells
    ]
    return dict(type='FeatureCollection', features=features)
