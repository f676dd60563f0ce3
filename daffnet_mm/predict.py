"""Tell the cell type and the eleven attributes of cell images.

Usage:
    python -m daffnet_mm.predict IMAGE|FOLDER|GLOB [...]
        [--format table|json|csv] [--out FILE]
        [--views flips|symmetries] [--profile auto|none|FILE]
        [--config CONFIG --checkpoint CKPT]
        [--bit-depth N] [--max-pixels N] [--batch-size N] [--device DEVICE]

With no other argument the model is the DAFFNet-tiny that comes with the
package. A folder, or several images, also give a differential count and the
list of cells to look at again. Folders are searched with their subfolders;
images of kinds that are not read, such as .dcm or .svs, are named. Of very
many images take json or csv, which are written as they come.

Every answer says in `review` why to look at it again, if there is a reason:
`not a cell`, `several cells`, `blurred`, `other cell type`, `unfamiliar`
(unlike what the model was trained on), `unsure`; several are joined by "; ".
The cell type is the best of those that the model knows all the same. A model
to which tools/analysis_tools/fit_review.py has fitted no limits is unsure of
what it gives a probability below 0.8, and knows no other reason.

30 images and more are taken for those of one laboratory: its scale and
colours are estimated on some of them, and it is said what is made of that.
--profile FILE takes what tools/make_profile.py has measured instead,
--profile none takes each image by itself.

Exit status: 1 if an image or a subfolder cannot be read, or an image has no
finite probabilities, which is named while the rest goes on; 2 for bad input;
else 0.

Not for diagnosis.
"""

import json
import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from itertools import chain
from tempfile import TemporaryFile
from textwrap import indent
from typing import IO

import rich
from rich.console import Console
from rich.table import Table

from daffnet_lite.answers import differential_count
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.csv_files import write_csv_rows
from daffnet_lite.fileio.image_folders import (
    ImageListing,
    describe_left_out,
    find_images,
)
from daffnet_lite.fileio.names import printable, valid_unicode
from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.apis import WBCInferencer

#: Columns of text that the widest table takes.
TABLE_WIDTH = 240


def build_parser() -> ToolParser:
    """Describe the command line."""
    parser = ToolParser(
        __doc__,
        prog='python -m daffnet_mm.predict',
        epilog='Not for diagnosis.',
    )
    parser.add_argument(
        'images',
        nargs='+',
        metavar='IMAGE|FOLDER|GLOB',
        help='an image of one white blood cell, a folder of such (searched '
        'with its subfolders), or a pattern such as "cells/*.png"',
    )
    parser.add_argument(
        '--format',
        choices=('table', 'json', 'csv'),
        default='table',
        help='form of the result (default: %(default)s)',
    )
    parser.add_output('--out', 'file to write')
    parser.add_argument(
        '--views',
        choices=('flips', 'symmetries'),
        help='average over 4 or 8 views of each image (default: its own one)',
    )
    parser.add_argument(
        '--profile',
        default='auto',
        metavar='auto|none|FILE',
        help="the laboratory's scale and colours: estimated on the images "
        'themselves if there are 30 or more, not used, or those of a file '
        '(default: %(default)s)',
    )
    parser.add_argument('--config', help='another model; needs --checkpoint')
    parser.add_argument('--checkpoint', help='its weights')
    parser.add_device()
    parser.add_batch_size()
    parser.add_reading()
    return parser


def as_row(cell: dict, classes: Sequence[str]) -> dict:
    """Flatten a prediction into the columns of the CSV file."""
    row = dict(
        image=cell['image'],
        cell_type=cell['pred_class'],
        probability=cell['pred_score'],
    )
    for name, score in zip(classes, cell['pred_scores'], strict=True):
        row[f'{name}_probability'] = float(score)
    for name, attribute in cell.get('attributes', {}).items():
        row[name] = attribute['value']
        row[f'{name}_probability'] = attribute['probability']
    row['review'] = cell['review']
    return row


class Answers:
    """The rows, once, one after the other, and then what is told of all.

    Args:
        inferencer (WBCInferencer): The model.
        listing (ImageListing): The images.
        notes (list[str]): What was to be said of the listing.
        batch_size (int): Images at once.
    """

    def __init__(
        self,
        inferencer: WBCInferencer,
        listing: ImageListing,
        notes: list[str],
        batch_size: int,
    ) -> None:
        self._inferencer = inferencer
        self._listing = listing
        self._batch_size = batch_size
        self._cell_types: list[str] = []
        #: Images to look at again, and why.
        self.review: list[dict] = []
        self.errors: list[str] = []
        self.warnings = notes
        #: Whether there is anything to tell of several cells.
        self.several = len(listing.images) > 1

    def __iter__(self) -> Iterator[dict]:
        """Predict, and say in the end which images have no answer.

        Raises:
            InputError: If none has.
        """
        for cell in self._inferencer.stream(
            self._listing.images, self._batch_size, skip_broken=True
        ):
            row = as_row(cell, self._inferencer.classes)
            self._cell_types.append(row['cell_type'])
            if row['review']:
                self.review.append(
                    dict(image=row['image'], review=row['review'])
                )
            yield row
        self.warnings += self._inferencer.warnings
        self.errors += self._listing.faults
        self.errors += self._inferencer.errors.values()
        for error in self.errors:
            print(f'error: {error}', file=sys.stderr)
        if not len(self):
            raise InputError(
                f'none of the {len(self._listing.images)} images has an answer'
            )

    def __len__(self) -> int:
        """How many there were so far."""
        return len(self._cell_types)

    def counts(self) -> list[dict]:
        """The differential count; nothing of a single image."""
        if not self.several:
            return []
        return differential_count(self._cell_types, self._inferencer.classes)


def write_rows(file: IO[str], rows: Iterator[dict]) -> None:
    """Write rows as CSV."""
    first = next(rows)
    write_csv_rows(
        file,
        list(first),
        (
            [
                round(value, 4) if isinstance(value, float) else value
                for value in row.values()
            ]
            for row in chain([first], rows)
        ),
        for_people=True,
    )


def write_json(file: IO[str], answers: Answers, encoding: str) -> None:
    """Write rows, and after them counts, errors and warnings, as JSON."""

    def text_of(value: dict) -> str:
        ensure_ascii = not encoding.lower().startswith('utf')
        text = json.dumps(value, indent=2, ensure_ascii=ensure_ascii)
        # Bytes that are not UTF-8 become escapes, which JSON's readers undo.
        return valid_unicode(text)

    before = '{\n  "cells": [\n'
    for row in answers:
        file.write(before + indent(text_of(row), '    '))
        before = ',\n'
    report: dict = dict(errors=answers.errors, warnings=answers.warnings)
    if answers.several:
        report.update(
            differential_count=answers.counts(), review=answers.review
        )
    # One object of the two.
    file.write(f'\n  ],{text_of(report).removeprefix("{")}\n')


def as_tables(rows: list[dict], counts: list[dict]) -> list[Table]:
    """Lay out what a person wants to read."""
    tables = (
        [cell_table(row) for row in rows]
        if not counts
        else [
            overview_table(rows),
            count_table(counts, len(rows)),
            review_table(rows),
        ]
    )
    return [table for table in tables if table.row_count]


def cell_table(row: dict) -> Table:
    """One cell: its type and attributes."""
    table = Table('', '', 'probability', title=printable(row['image']))
    table.add_row('cell type', row['cell_type'], f'{row["probability"]:.3f}')
    for name in WBC_ATTRIBUTES:
        if name in row:
            table.add_row(
                name.replace('_', ' '),
                row[name],
                f'{row[f"{name}_probability"]:.3f}',
            )
    if row['review']:
        table.add_section()
        table.add_row('look at again', row['review'], '')
    return table


def overview_table(rows: list[dict]) -> Table:
    """Many cells, a line each."""
    names = [name for name in WBC_ATTRIBUTES if name in rows[0]]
    table = Table(
        'image',
        'cell type',
        'probability',
        *(name.replace('_', ' ') for name in names),
    )
    for row in rows:
        table.add_row(
            printable(os.path.basename(row['image'])),
            row['cell_type'],
            f'{row["probability"]:.3f}',
            *(row[name] for name in names),
        )
    return table


def count_table(counts: list[dict], total: int) -> Table:
    """The differential count."""
    table = Table(
        'cell type',
        'number',
        '%',
        '95 % interval',
        'reference',
        title=f'Differential count of {total} cells',
    )
    for count in counts:
        reference = count['reference']
        table.add_row(
            count['cell_type'],
            str(count['number']),
            f'{count["percent"]:.1f}',
            f'{count["low"]:.1f} to {count["high"]:.1f}',
            '{} to {}'.format(*reference) if reference else '',
        )
    return table


def review_table(rows: list[dict]) -> Table:
    """The cells to look at again."""
    table = Table(
        'image', 'cell type', 'probability', 'reason', title='Look at again'
    )
    for row in rows:
        if row['review']:
            table.add_row(
                printable(row['image']),
                row['cell_type'],
                f'{row["probability"]:.3f}',
                row['review'],
            )
    return table


def write_result(
    file: IO[str],
    form: str,
    answers: Answers,
    encoding: str = 'utf-8',
    width: int | None = None,
) -> None:
    """Write what is predicted in one of the formats."""
    if form == 'csv':
        write_rows(file, iter(answers))
    elif form == 'json':
        write_json(file, answers, encoding)
    else:
        rows = list(answers)
        # Names are text: [left].png is no markup, :cell:.png no picture.
        console = Console(
            file=file, width=width, markup=False, emoji=False, highlight=False
        )
        for table in as_tables(rows, answers.counts()):
            console.print(table)


def print_result(form: str, answers: Answers) -> None:
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        int: 1 if an image has no answer, else 0.
    """
    parser = build_parser()
    args = parser.parse_checked(argv)
    if bool(args.config) != bool(args.checkpoint):
        parser.error('--config and --checkpoint go together')
    # What is printed to the standard output is the result.
    rich.reconfigure(stderr=True)
    with one_sentence_errors():
        listing = find_images(args.images)
        notes = describe_left_out(listing.left_out)
        for note in notes:
            warnings.warn(note, InputWarning, stacklevel=1)
        # MMEngine says there which file it loads.
        with redirect_stdout(sys.stderr):
            inferencer = WBCInferencer(
                args.config,
                args.checkpoint,
                device=args.device,
                views=args.views,
                bit_depth=args.bit_depth,
                max_pixels=args.max_pixels,
                profile=args.profile,
            )
        answers = Answers(inferencer, listing, notes, args.batch_size)
        if args.out is None:
            print_result(args.format, answers)
        else:
            with atomic_write(args.out) as file:
                write_result(file, args.format, answers, width=TABLE_WIDTH)
            print(f'wrote {args.out}: {len(answers)} cells', file=sys.stderr)
    return 1 if answers.errors else 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
