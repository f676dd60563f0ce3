"""Find the white cells of smear fields, and count them by type.

Usage:
    daffnet fields FIELD|FOLDER|GLOB [...] [--boxes FILE|FOLDER]
        [--margin 0.3] [--out-dir DIR] [--num-workers N]
        [--format table|json|csv] [--out FILE]
        [--views flips|symmetries] [--profile auto|none|FILE]
        [--config CONFIG --checkpoint CKPT] [--cfg-options KEY=VALUE ...]
        [--onnx FILE] [--report FILE]
        [--bit-depth N] [--max-pixels N] [--batch-size N] [--device DEVICE]

Cells are found as by `daffnet crop`, cut at one scale, that of the images that
the model was trained on, and predicted as by `daffnet predict`. The scale is
that of --profile FILE, or of the red cells around 30 cells and more; where it
is not known there is a tenth of a cell around each, and with --margin as much
as this says. --boxes takes cells that a detector or a person has
boxed: a CSV with the columns field (or group, as in boxes.csv), x1, y1, x2,
y2; COCO's JSON; YOLO's texts, PASCAL VOC's XML or QuPath's GeoJSON, each of
the field that it is called after, or a folder with such. Boxes that are
called red cells or platelets are left out.

The table has a line a cell: image, its crop; group, its field; the cell's own
box; and what `daffnet predict` says. The differential count is over all
fields, but not of boxes that are called `not a cell` or `several cells`. DIR,
which must be empty, gets

    cells.csv, fields.csv, count.csv   the tables
    annotated/FIELD.png                box, type, probability; ? to look again
    crops/TYPE/FIELD_N.png             the cells
    geojson/FIELD.geojson              for QuPath

--report FILE writes a page, as `daffnet predict` does: the count over all
fields, the fields with their cells boxed, the cells by type, and those to look
at again with their fields and boxes.

A TIFF of 32 million pixels and more, in tiles or strips of 8-bit colours, and
so an .svs, is read by windows and may have any size; all else is read whole,
up to --max-pixels. A field without a white cell has 0 cells, which is no
error.

Exit status: 1 if a field or a subfolder cannot be read, or a cell has no
answer, which is named while the rest goes on; 2 for bad input; else 0.

Not for diagnosis.
"""

import os.path as osp
import sys
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from daffnet_lite.errors import InputWarning
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.image_folders import describe_left_out, find_images
from daffnet_lite.fileio.tiff_windows import SLIDE_EXTENSIONS
from daffnet_lite.utils.command_line import ToolParser, one_sentence_errors

from .predict import (
    add_answering,
    check_onnx,
    check_report,
    form_of,
    load_model,
    start_report,
)

if TYPE_CHECKING:
    from daffnet_lite.boxes import GivenBox


def build_parser() -> ToolParser:
    """Describe the command line."""
    parser = ToolParser(
        __doc__, prog='daffnet fields', epilog='Not for diagnosis.'
    )
    parser.add_argument(
        'fields',
        nargs='+',
        metavar='FIELD|FOLDER|GLOB',
        help='an image of a field of a smear, a folder of such (searched with '
        'its subfolders), or a pattern such as "slide/*.png"',
    )
    parser.add_argument(
        '--boxes',
        type=Path,
        metavar='FILE|FOLDER',
        help="boxes of the cells, in a detector's or a person's file or "
        'files: CSV, COCO, YOLO, PASCAL VOC or GeoJSON (default: cells are '
        'segmented)',
    )
    parser.add_argument(
        '--margin',
        type=float,
        metavar='SHARE',
        help='space around a cell, as a share of its longer side (default: as '
        'much as the images that the model was trained on show, where the '
        'scale of the fields is known, else 0.1)',
    )
    parser.add_output(
        '--out-dir',
        'empty folder for tables, annotated fields, crops and GeoJSON',
        folder=True,
    )
    parser.add_image_workers()
    add_answering(parser)
    parser.add_output('--report', 'HTML page to write')
    return parser


def read_given(
    path: Path, fields: Sequence[str]
) -> tuple[Mapping[str, list['GivenBox']], list[str]]:
    """Read the boxes of the fields.

    Returns:
        tuple[Mapping, list[str]]: The boxes by field, and what is to be said.
    """
    from daffnet_lite.boxes import boxes_of_fields, read_boxes

    given = boxes_of_fields(fields, read_boxes(path), str(path))
    notes = []
    others = [b for boxes in given.values() for b in boxes if not b.is_white]
    if others:
        kinds = ', '.join(sorted({box.kind for box in others}))
        notes.append(
            f'{path}: {len(others)} boxes are of no white cells, but of '
            f'{kinds}, and left out'
        )
    without = [field for field in fields if field not in given]
    if without:
        notes.append(
            f'{path} does not name {len(without)} of the {len(fields)} '
            f'fields, such as {without[0]}, which therefore have no cells'
        )
    return given, notes


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        int: 1 if a field or a cell has no answer, else 0.
    """
    parser = build_parser()
    check_onnx(parser, argv)
    args = parser.parse_checked(argv)
    form = form_of(args)
    check_report(parser, args)
    import rich

    from daffnet_lite.answers import TABLE_WIDTH, print_result, write_result
    from daffnet_lite.answers.html_report import FIELD_SIDE
    from daffnet_lite.cropping.boxes import check_margin
    from daffnet_lite.fields import read_and_draw
    from daffnet_lite.fields.out_folder import working_folder, write_outputs
    from daffnet_lite.fields.reporting import report_fields
    from daffnet_lite.fields.several import predict_fields
    from daffnet_lite.preparation.folder_job import check_apart

    # What is printed to the standard output is the result.
    rich.reconfigure(stderr=True)
    with one_sentence_errors():
        check_margin(args.margin)
        for place in args.fields:
            if args.out_dir is not None and osp.isdir(place):
                check_apart(Path(place), args.out_dir)
        listing = find_images(args.fields, SLIDE_EXTENSIONS)
        given, notes = None, describe_left_out(listing.left_out)
        if args.boxes is not None:
            given, said = read_given(args.boxes, listing.images)
            notes += said
        for note in notes:
            warnings.warn(note, InputWarning, stacklevel=1)
        with working_folder(args.out_dir) as work:
            inferencer = load_model(args)
            reading = inferencer.reading
            report = start_report(args, inferencer) if args.report else None
            answers = predict_fields(
                inferencer,
                listing,
                given,
                args.margin,
                work,
                args.num_workers,
                args.batch_size,
                reading,
            )
            answers.warnings += notes
            for error in answers.errors:
                print(f'error: {error}', file=sys.stderr)
            if args.out_dir is not None:
                undrawn = write_outputs(
                    work, answers, args.num_workers, reading
                )
                for error in undrawn:
                    print(f'error: {error}', file=sys.stderr)
                answers.errors += undrawn
            if report is not None:
                report_fields(
                    report,
                    answers,
                    (str(work / 'crops' / row['image']) for row in answers),
                    partial(read_and_draw, largest=FIELD_SIDE, **reading),
                )
        if args.out is None:
            print_result(form, answers)
        else:
            with atomic_write(args.out) as file:
                write_result(file, form, answers, width=TABLE_WIDTH)
        if report is not None:
            with atomic_write(args.report) as file:
                file.write(report.render(answers.errors))
        print(
            f'{_several(len(answers), "cell")} in '
            f'{_several(len(answers.results), "field")}'
            + ''.join(
                f', wrote {place}'
                for place in (args.out_dir, args.out, args.report)
                if place is not None
            ),
            file=sys.stderr if form != 'table' else sys.stdout,
        )
    return 1 if answers.errors else 0


def _several(number: int, what: str) -> str:
    return f'{number} {what}' if number == 1 else f'{number} {what}s'
