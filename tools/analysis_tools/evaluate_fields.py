"""Measure how many white cells of BCCD's fields are found and typed right.

Usage:
    python tools/analysis_tools/evaluate_fields.py DATA_ROOT
        [--margins 0 0.1 ...] [--lists train|val|test ...]
        [--every N]
        [--profile auto|none|FILE] [--views flips|symmetries] [--onnx FILE]
        [--bit-depth N] [--max-pixels N]
        [--config CONFIG --checkpoint CKPT] [--cfg-options KEY=VALUE ...]
        [--batch-size N] [--device DEVICE] [--out FILE]

DATA_ROOT is the folder of the detection release, with labels.csv. Counted are
the white cells whose type it says without doubt; one is found if a box that
`daffnet fields` finds has an IoU of 0.5 or better with its own, each box for
one cell. Cells are cut at one scale, as by `daffnet fields`, and with each
margin. For each is printed how many cells are found and typed right, of all
and of those found, how many of these are to be looked at again, and how many
are typed right in the boxes that the release gives; then the same of each
type. JSON has null for the margin at one scale.
--lists val test takes the fields of these of the release's lists alone,
--every 4 each fourth field.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from rich.progress import track

from daffnet_lite.commands.predict import add_model_options, load_model
from daffnet_lite.cropping.boxes import check_margin, match_boxes
from daffnet_lite.errors import InputError
from daffnet_lite.fields.cutting import (
    Box,
    cut_cell,
    find_boxes,
    look_around_some,
)
from daffnet_lite.fields.predicting import classify, find_cut
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.fileio.json_files import write_json
from daffnet_lite.intake.laboratory_pipeline import SAMPLE
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import rounded_down, rounded_up
from daffnet_mm.datasets import BCCD

LEAST_IOU = 0.5


def build_parser():
    parser = ToolParser(__doc__)
    parser.add_argument('data_root', help='folder of the detection release')
    parser.add_argument(
        '--margins',
        type=float,
        nargs='+',
        default=[0, 0.1, 0.2, 0.3, 0.5, 0.75],
        help="shares of a cell's longer side (default: %(default)s)",
    )
    parser.add_argument(
        '--lists',
        nargs='+',
        choices=('train', 'val', 'test'),
        help='of the fields, those of these lists (default: all)',
    )
    parser.add_number('--every', 'take each such field', 1)
    add_model_options(parser)
    parser.add_output('--out', 'JSON file to write')
    return parser


def certain_cells(
    root: str, lists: Sequence[str] | None = None
) -> dict[str, list[tuple[list[float], str]]]:
    """List boxes and types of the cells by field."""
    part = dict(official_split=True, split=list(lists)) if lists else {}
    dataset = BCCD(root, pipeline=[], **part)
    classes = dataset.metainfo['classes']
    fields = defaultdict(list)
    for place in range(len(dataset)):
        cell = dataset.get_data_info(place)
        if 'box' not in cell:
            raise InputError(
                f'{root} is another release of BCCD: expected is that with '
                'Annotations, which say where cells are'
            )
        fields[cell['img_path']].append(
            (cell['box'], classes[cell['gt_label']])
        )
    return dict(sorted(fields.items()))


def percent(
    number: int, total: int, rounded: Callable[..., str] = rounded_down
) -> str:
    return rounded(100 * number / total if total else math.nan, 1)


def reader_of(inferencer) -> Callable[[str], np.ndarray]:
    return lambda path: read_image(path, **inferencer.reading).img


def cut_name(margin: float | None) -> str:
    return 'scale' if margin is None else f'{margin:.2f}'


def measure(
    inferencer,
    fields: dict,
    margins: Sequence[float | None],
    batch_size: int,
) -> list[dict]:
    """Find cells once, and predict them by each margin."""
    given: dict[str, list[Box]] = {}
    found: dict[str, list[Box]] = {}
    labels: list[str] = []
    matched: list[tuple[int, int]] = []  # a wanted cell, and the found one
    boxes, read = 0, reader_of(inferencer)
    for path in track(fields, 'Finding cells'):
        image = read(path)
        given[path] = find_boxes(image, [box for box, _ in fields[path]])
        found[path] = find_boxes(image)
        for i, (j, iou) in match_boxes(given[path], found[path]).items():
            if iou >= LEAST_IOU:
                matched.append((len(labels) + i, boxes + j))
        labels += [label for _, label in fields[path]]
        boxes += len(found[path])
    rows = []
    for margin in margins:
        in_given, in_found = (
            predict(inferencer, listed, margin, batch_size)
            for listed in (given, found)
        )
        typed = [labels[i] for i, j in matched if in_found[j][0] == labels[i]]
        typed_in_given = [
            label
            for answer, label in zip(in_given, labels, strict=True)
            if answer[0] == label
        ]
        rows.append(
            dict(
                margin=margin,
                cells=len(labels),
                boxes=boxes,
                found=len(matched),
                right=len(typed),
                right_in_given_boxes=len(typed_in_given),
                to_review=sum(bool(in_found[j][1]) for _, j in matched),
                types={
                    name: dict(
                        cells=number,
                        right=typed.count(name),
                        right_in_given_boxes=typed_in_given.count(name),
                    )
                    for name, number in sorted(Counter(labels).items())
                },
            )
        )
    return rows


def predict(
    inferencer,
    boxes: dict[str, list[Box]],
    margin: float | None,
    batch_size: int,
) -> list[tuple[str, str]]:
    """Tell type and review of cells, given by field; '' without an answer."""
    read = reader_of(inferencer)
    cut = find_cut(
        inferencer,
        margin,
        lambda: look_around_some(boxes, read, SAMPLE),
    )
    crops = [
        cut_cell(image, box, cut.margin, cut.side)
        for path, inside in boxes.items()
        for image in [read(path)]
        for box in inside
    ]
    answers, _ = classify(inferencer, crops, batch_size)
    return [
        (a['pred_class'], a['review']) if isinstance(a, dict) else ('', '')
        for a in answers
    ]


def main(argv: Sequence[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        for margin in args.margins:
            check_margin(margin)
        fields = certain_cells(args.data_root, args.lists)
        fields = dict(list(fields.items())[:: args.every])
        rows = measure(
            load_model(args),
            fields,
            [None, *args.margins],
            args.batch_size,
        )
        print(
            f'{len(fields)} fields, {rows[0]["cells"]} cells with a certain '
            f'type, {rows[0]["boxes"]} boxes found; profile {args.profile}'
        )
        print(
            'margin | found | found and right | right of found | to review | '
            'given right'
        )
        for row in rows:
            cells, found = row['cells'], row['found']
            print(
                f'{cut_name(row["margin"]):>6} | '
                f'{percent(found, cells):>5} | '
                f'{percent(row["right"], cells):>15} | '
                f'{percent(row["right"], found):>14} | '
                f'{percent(row["to_review"], found, rounded_up):>9} | '
                f'{percent(row["right_in_given_boxes"], cells):>11}'
            )
        print('found and right, and given right, of the cells of each type:')
        for row in rows:
            print(
                f'{cut_name(row["margin"]):>6} | '
                + ' | '.join(
                    f'{name} {percent(of["right"], of["cells"])}, '
                    f'{percent(of["right_in_given_boxes"], of["cells"])} '
                    f'of {of["cells"]}'
                    for name, of in row['types'].items()
                )
            )
        if args.out is not None:
            write_json(args.out, rows)
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
