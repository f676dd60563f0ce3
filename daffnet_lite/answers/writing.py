"""Answers as CSV, JSON or tables, written as they come."""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from tempfile import TemporaryFile
from textwrap import indent
from typing import IO

from rich.console import Console

from daffnet_lite.fileio.csv_files import write_csv_rows
from daffnet_lite.fileio.names import valid_unicode
from daffnet_lite.utils.rounding import rounded_down

from .collected import Rows
from .tables import as_tables

#: Columns of text that the widest table takes.
TABLE_WIDTH = 240


def write_rows(
    file: IO[str], rows: Iterator[dict], columns: Sequence[str]
) -> None:
    """Write rows as CSV; of none, the columns."""
    first = list(islice(rows, 1))
    write_csv_rows(
        file,
        list(first[0]) if first else columns,
        (
            [
                # 1 is what is certain.
                float(rounded_down(value, 4))
                if isinstance(value, float)
                else value
                for value in row.values()
            ]
            for row in chain(first, rows)
        ),
        for_people=True,
    )


def write_json(file: IO[str], answers: Rows, encoding: str) -> None:
    """Write rows, and after them counts, errors and warnings, as JSON."""

    def text_of(value: dict) -> str:
        ensure_ascii = not encoding.lower().startswith('utf')
        text = json.dumps(value, indent=2, ensure_ascii=ensure_ascii)
        # Bytes that are not UTF-8 become escapes, which JSON's readers undo.
        return valid_unicode(text)

    file.write('{\n  "cells": [')
    before = '\n'
    for row in answers:
        file.write(before + indent(text_of(row), '    '))
        before = ',\n'
    # One object of the two.
    report = text_of(told_of_all(answers))
    file.write(f'\n  ],{report.removeprefix("{")}\n')


def told_of_all(answers: Rows) -> dict:
    """What JSON says beside the rows, once they are all there."""
    report: dict = dict(errors=answers.errors, warnings=answers.warnings)
    if answers.several:
        report.update(
            differential_count=answers.counts(), review=answers.review
        )
    return report


def write_result(
    file: IO[str],
    form: str,
    answers: Rows,
    encoding: str = 'utf-8',
    width: int | None = None,
) -> None:
    """Write what is predicted in one of the formats."""
    if form == 'csv':
        write_rows(file, iter(answers), answers.columns)
    elif form == 'json':
        write_json(file, answers, encoding)
    else:
        rows = list(answers)
        # Names are text: [left].png is no markup, :cell:.png no picture.
        console = Console(
            file=file, width=width, markup=False, emoji=False, highlight=False
        )
        for table in as_tables(
            rows, answers.counts(), console.width, console.encoding
        ):
            console.print(table)


def print_result(form: str, answers: Rows) -> None:
    """Print all at the end: until then, a terminal shows the progress."""
    output = sys.stdout
    if form == 'table':
        # In a pipe there is no terminal that the tables must fit.
        width = None if output.isatty() else TABLE_WIDTH
        write_result(output, form, answers, width=width)
        return
    encoding = getattr(output, 'encoding', None) or 'utf-8'
    with TemporaryFile('w+', encoding='utf-8', newline='') as file:
        write_result(file, form, answers, encoding)
        file.seek(0)
        shutil.copyfileobj(file, output)
