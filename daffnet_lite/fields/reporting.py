"""Fields and their cells on the page that shows answers."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from daffnet_lite.answers import HtmlReport
from daffnet_lite.answers.html_report import FIELD_SIDE

from .drawing import read_and_draw
from .field_answers import FieldAnswers, crop_names


def report_fields(
    report: HtmlReport,
    answers: FieldAnswers,
    work: Path,
    reading: Mapping[str, Any],
) -> None:
    """Show fields and their cells in a report.

    Args:
        report (HtmlReport): The report.
        answers (FieldAnswers): The cells.
        work (Path): The folder with their ``crops``.
        reading (Mapping): ``bit_depth`` and ``max_pixels``.
    """
    for result, stem in zip(answers.results, answers.stems, strict=True):
        report.add_field(
            result.field or stem,
            result.summary,
            len(result.cells),
            partial(read_and_draw, result, largest=FIELD_SIDE, **reading),
        )
        names = crop_names(result, stem)
        for row, cell in zip(result.rows(names), result.cells, strict=True):
            report.add(
                row,
                picture=str(work / 'crops' / row['image']),
                name=row['group'],
                place='box {}, {}, {}, {}'.format(*cell.box),
            )
