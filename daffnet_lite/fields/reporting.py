"""Fields and their cells on the page that shows answers."""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from daffnet_lite.answers import HtmlReport

from .field_answers import FieldAnswers
from .field_result import FieldResult


def report_fields(
    report: HtmlReport,
    answers: FieldAnswers,
    pictures: Iterable,
    draw: Callable[[FieldResult], np.ndarray],
) -> None:
    """Show fields and their cells in a report.

    Args:
        report (HtmlReport): The report.
        answers (FieldAnswers): The cells.
        pictures (Iterable): A picture of each cell, as for ``read_image``.
        draw (Callable): Gives a field with its cells drawn, uint8, BGR; is
            asked for those that are shown.
    """
    rows, waiting = iter(answers), iter(pictures)
    for result, stem in zip(answers.results, answers.stems, strict=True):
        report.add_field(
            result.field or stem,
            result.summary,
            len(result.cells),
            partial(draw, result),
        )
        for cell in result.cells:
            row = next(rows)
            report.add(
                row,
                picture=next(waiting),
                name=row['group'],
                place='box {}, {}, {}, {}'.format(*cell.box),
            )
