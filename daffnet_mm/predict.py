"""Tell the cell type and the eleven attributes of cell images.

Usage:
    python -m daffnet_mm.predict IMAGE|FOLDER|GLOB [...]
        [--format table|json|csv] [--out FILE]
        [--views flips|symmetries] [--config CONFIG --checkpoint CKPT]

With no other argument the model is the DAFFNet-tiny that comes with the
package. A folder, or several images, also give a differential count and the
list of cells that the model is unsure of. An image that cannot be read, or has
no finite probabilities, is named, and the rest goes on; the exit status is
then 1.

Not for diagnosis.
"""

import csv
import glob
import io
import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout

import rich
from rich.console import Console
from rich.table import Table

from daffnet_mm.apis import WBCInferencer
from daffnet_mm.errors import InputError
from daffnet_mm.evaluation.functional.differential import differential_count
from daffnet_mm.fileio import atomic_write
from daffnet_mm.fileio.image_folders import (
    IMAGE_EXTENSIONS,
    list_image_files,
)
from daffnet_mm.structures import WBC_ATTRIBUTES
from daffnet_mm.utils.command_line import ToolParser, one_sentence_errors

#: Below this probability a cell is listed as unsure.
UNSURE = 0.8


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
    parser.add_argument('--config', help='another model; needs --checkpoint')
    parser.add_argument('--checkpoint', help='its weights')
    parser.add_device()
    parser.add_batch_size()
    return parser


def find_images(places: Iterable[str]) -> list[str]:
    """List the images of files, folders and patterns.

    Args:
        places (Iterable[str]): Files, folders or patterns. In folders, hidden
            files and what is no image by its name do not count.

    Returns:
        list[str]: Their paths, each once; those of a folder or a pattern
        sorted.

    Raises:
        InputError: If one gives no image.
    """
    images = []
    for place in places:
        if os.path.isdir(place):
            found = [
                os.path.join(place, name) for name in list_image_files(place)
            ]
        elif os.path.lexists(place):
            found = [place]
        else:
            found = sorted(glob.glob(place, recursive=True))
        if not found:
            raise InputError(
                f'{place} gives no image: expected is an image, a folder with '
                f'images ({", ".join(IMAGE_EXTENSIONS)}), or a pattern '
                'that matches some'
            )
        images += found
    return list(dict.fromkeys(images))


def as_row(cell: dict) -> dict:
    """Flatten a prediction into the columns of the CSV file."""
    row = dict(
        image=cell['image'],
        cell_type=cell['pred_class'].lower(),
        probability=cell['pred_score'],
    )
    for name, attribute in cell.get('attributes', {}).items():
        row[name] = attribute['value']
        row[f'{name}_probability'] = attribute['probability']
    return row


def as_csv(rows: list[dict]) -> str:
    """Write rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator='\n')
    writer.writeheader()
    writer.writerows(
        {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in row.items()
        }
        for row in rows
    )
    return text.getvalue()


def as_json(rows: list[dict], counts: list[dict], errors: list[str]) -> str:
    """Write rows, counts and errors as JSON."""
    report = dict(cells=rows, errors=errors)
    if counts:
        report.update(
            differential_count=counts,
            unsure=[row['image'] for row in rows if is_unsure(row)],
        )
    return json.dumps(report, indent=2, ensure_ascii=False) + '\n'


def is_unsure(row: dict) -> bool:
    """Tell whether a cell should be looked at again."""
    return row['probability'] < UNSURE


def as_tables(rows: list[dict], counts: list[dict]) -> list[Table]:
    """Lay out what a person wants to read."""
    tables = (
        [cell_table(row) for row in rows]
        if not counts
        else [
            overview_table(rows),
            count_table(counts, len(rows)),
            unsure_table(rows),
        ]
    )
    return [table for table in tables if table.row_count]


def cell_table(row: dict) -> Table:
    """One cell: its type and attributes."""
    table = Table('', '', 'probability', title=row['image'])
    table.add_row('cell type', row['cell_type'], f'{row["probability"]:.3f}')
    for name in WBC_ATTRIBUTES:
        if name in row:
            table.add_row(
                name.replace('_', ' '),
                row[name],
                f'{row[f"{name}_probability"]:.3f}',
            )
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
            os.path.basename(row['image']),
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


def unsure_table(rows: list[dict]) -> Table:
    """The cells to look at again."""
    table = Table(
        'image',
        'cell type',
        'probability',
        title=f'Unsure: a probability below {UNSURE}',
    )
    for row in rows:
        if is_unsure(row):
            table.add_row(
                row['image'], row['cell_type'], f'{row["probability"]:.3f}'
            )
    return table


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
        images = find_images(args.images)
        # MMEngine says there which file it loads.
        with redirect_stdout(sys.stderr):
            inferencer = WBCInferencer(
                args.config,
                args.checkpoint,
                device=args.device,
                views=args.views,
            )
        cells = inferencer(
            images, batch_size=args.batch_size, skip_broken=True
        )
        errors = list(inferencer.errors.values())
        for error in errors:
            print(f'error: {error}', file=sys.stderr)
        if not cells:
            raise InputError(f'none of the {len(images)} images has an answer')
        rows = [as_row(cell) for cell in cells]
        counts = (
            differential_count(
                [row['cell_type'] for row in rows],
                [name.lower() for name in inferencer.classes],
            )
            if len(images) > 1
            else []
        )
        if args.format == 'csv':
            text = as_csv(rows)
        elif args.format == 'json':
            text = as_json(rows, counts, errors)
        else:
            printed = io.StringIO()
            # To a file, as wide as the tables are.
            console = Console(
                file=printed, width=None if args.out is None else 240
            )
            for table in as_tables(rows, counts):
                console.print(table)
            text = printed.getvalue()
        if args.out is None:
            print(text, end='')
        else:
            with atomic_write(args.out) as file:
                file.write(text)
            print(f'wrote {args.out}: {len(rows)} cells', file=sys.stderr)
    return 1 if errors else 0


if __name__ == '__main__':
    raise SystemExit(main())
