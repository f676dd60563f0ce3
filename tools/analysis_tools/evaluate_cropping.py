"""Measure how well white cells are found, on BCCD's boxes and JTSC's masks.

Usage:
    python tools/analysis_tools/evaluate_cropping.py --bccd DIR [--jtsc DIR]
        [--chains own chen2022] [--every N] [--figure FILE] [--mosaics N ...]
    python tools/analysis_tools/evaluate_cropping.py --jtsc DIR
        [--chains own chen2022] [--every N] [--figure FILE]

--bccd is the folder of the detection release (Shenggan/BCCD_Dataset, fields
with VOC boxes), --jtsc that of zxaoyou/segmentation_WBC. Printed are, for
BCCD, the share of the WBC boxes that are found at an IoU of 0.5 or better,
each by a cell of its own, and the cells that answer to no box, a field; for
JTSC, the mean IoU of nucleus and cell with the masks, of the cell whose
nucleus is the largest; both for our steps from the binary image to the nuclei
and for the paper's (--chains). --figure draws the worst ones: what is wanted
in green, what was found in red.

--mosaics 1 4 10 lays BCCD's fields out in squares of 1 x 1, 4 x 4 and 10 x 10,
once one field again and again and once different ones, whose stain and light
differ too, and holds what is found there against what is found in each field.
"""

import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich.progress import track

from daffnet_lite.boxes.voc import read_voc
from daffnet_lite.cropping import segment_cells
from daffnet_lite.cropping.boxes import match_boxes
from daffnet_lite.cropping.segmentation import CHAINS
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_decoding import decode_image
from daffnet_lite.utils.command_line import (
    ToolParser,
    WholeNumber,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import rounded_down, rounded_up
from daffnet_mm.visualization import save_figure

LEAST_IOU = 0.5
COLUMNS, MOST_SHOWN = 5, 60
#: Title, BGR image, and the boxes or masks that are wanted and found.
Failure = tuple[str, np.ndarray, list, list]


def read_boxes(path: Path) -> list[tuple[int, ...]]:
    """Read the WBC boxes of a VOC file."""
    return [
        tuple(int(side) for side in box.sides)
        for box in read_voc(path)
        if box.kind == 'WBC'
    ]


def match(wanted: list, found: list) -> tuple[list[float], int]:
    """Give each wanted box a found one, the best pairs first.

    Returns:
        tuple[list[float], int]: The IoU of each wanted box (0: none is left),
        and how many found ones reach ``LEAST_IOU`` with no wanted one.
    """
    ious = {i: iou for i, (_, iou) in match_boxes(wanted, found).items()}
    hits = sum(iou >= LEAST_IOU for iou in ious.values())
    return [ious.get(i, 0.0) for i in range(len(wanted))], len(found) - hits


def evaluate_bccd(root: Path, every: int, chain: str) -> list[Failure]:
    """Print BCCD's figures and draw the failures."""
    annotations = sorted(root.rglob('Annotations/*.xml'))[::every]
    if not annotations:
        raise InputError(
            f'{root} holds no Annotations/*.xml; --bccd is the '
            'folder of the detection release'
        )
    ious, false, seconds, failures = [], 0, 0.0, []
    for path in track(annotations, f'BCCD, {chain}'):
        file = path.parent.parent / 'JPEGImages' / f'{path.stem}.jpg'
        image = decode_image(file.read_bytes())[0]
        start = time.process_time()
        found = [cell.box for cell in segment_cells(image, chain)]
        seconds += time.process_time() - start
        wanted = read_boxes(path)
        field_ious, more = match(wanted, found)
        ious += field_ious
        false += more
        if more or min(field_ious, default=1) < LEAST_IOU:
            failures.append((path.stem, image, wanted, found))
    ious = np.array(ious)
    hits = int((ious >= LEAST_IOU).sum())
    print(
        f'BCCD, {chain}: {len(annotations)} fields, {len(ious)} WBC boxes: '
        f'{rounded_down(100 * hits / len(ious), 1)} % found ({hits}), '
        f'mean IoU {rounded_down(ious.mean(), 3)}; '
        f'{rounded_up(false / len(annotations), 3)} false crops a field '
        f'({false}); {seconds / len(annotations):.2f} s a field'
    )
    return failures


def evaluate_mosaics(root: Path, sizes: list[int]) -> None:
    """Print what is found in large fields made of BCCD's."""
    paths = np.random.default_rng(0).permutation(
        sorted(root.rglob('JPEGImages/*.jpg'))
    )
    if len(paths) < max(sizes) ** 2:
        raise InputError(
            f'{root} has {len(paths)} fields in JPEGImages, too few for '
            f'--mosaics {max(sizes)}; --bccd is the folder of the detection '
            'release'
        )
    fields, cells = [], []
    for path in track(paths[: max(sizes) ** 2], 'single fields'):
        fields.append(decode_image(path.read_bytes())[0])
        cells.append([cell.box for cell in segment_cells(fields[-1])])
    for size in sizes:
        for kind, picks in (
            ('one field', [0] * size**2),
            ('different fields', [*range(size**2)]),
        ):
            rows = [
                np.hstack([fields[i] for i in picks[k : k + size]])
                for k in range(0, size**2, size)
            ]
            mosaic = np.vstack(rows)
            height, width = fields[0].shape[:2]
            wanted = [
                tuple(
                    edge + place
                    for edge, place in zip(
                        box,
                        (k % size * width, k // size * height) * 2,
                        strict=True,
                    )
                )
                for k, i in enumerate(picks)
                for box in cells[i]
            ]
            start = time.process_time()
            found = [cell.box for cell in segment_cells(mosaic)]
            seconds = time.process_time() - start
            ious, more = match(wanted, found)
            hits = sum(iou >= LEAST_IOU for iou in ious)
            pixels = mosaic.shape[0] * mosaic.shape[1]
            print(
                f'{size} x {size} of {kind}, {mosaic.shape[1]} x '
                f'{mosaic.shape[0]}: {hits} of {len(wanted)} cells found '
                f'again, {more} others; {seconds:.1f} s, '
                f'{1e6 * seconds / pixels:.2f} s a megapixel',
                flush=True,
            )


def evaluate_jtsc(root: Path, every: int, chain: str) -> list[Failure]:
    """Print JTSC's figures and draw the worst cells."""
    paths = sorted((root / 'Dataset 1').glob('*.png'))[::every]
    if not paths:
        raise InputError(
            f"{root} holds no 'Dataset 1/*.png'; --jtsc is the "
            'folder of zxaoyou/segmentation_WBC'
        )
    rows, several, drawn = [], 0, []
    for path in track(paths, f'JTSC, {chain}'):
        mask = decode_image(path.read_bytes())[0][..., 0]
        image = decode_image(path.with_suffix('.bmp').read_bytes())[0]
        cells = segment_cells(image, chain)
        several += len(cells) > 1
        # White is the nucleus, grey the cytoplasm.
        wanted = dict(nucleus=mask > 191, cell=mask > 63)
        found = {
            part: cells[0][part] if cells else np.zeros(mask.shape, bool)
            for part in wanted
        }
        rows.append(
            [
                (wanted[p] & found[p]).sum() / (wanted[p] | found[p]).sum()
                for p in wanted
            ]
        )
        masks = [*wanted.values()], [*found.values()]
        drawn.append((min(rows[-1]), path.stem, image, *masks))
    nucleus, cell = np.mean(rows, axis=0)
    bad_nucleus, bad_cell = (np.array(rows) < LEAST_IOU).sum(axis=0)
    print(
        f'JTSC, {chain}: {len(paths)} cells: mean IoU nucleus '
        f'{rounded_down(nucleus, 3)}, whole cell {rounded_down(cell, 3)}; '
        f'below {LEAST_IOU}: {bad_nucleus} nuclei, '
        f'{bad_cell} cells; {several} images with more than one cell'
    )
    drawn.sort(key=lambda item: item[0])
    return [
        (f'{stem} IoU {iou:.2f}', *rest) for iou, stem, *rest in drawn[:20]
    ]


def draw_sheet(failures: list[Failure]) -> Figure:
    """Draw what is wanted in green and what was found in red."""
    rows = -(-len(failures) // COLUMNS)
    figure = Figure(figsize=(3 * COLUMNS, 2.5 * rows), layout='constrained')
    for place, (title, image, wanted, found) in enumerate(failures, 1):
        ax = figure.add_subplot(rows, COLUMNS, place)
        ax.set_axis_off()
        ax.set_title(title, fontsize=8)
        ax.imshow(image[..., ::-1])
        for shapes, colour in ((wanted, 'green'), (found, 'red')):
            for shape in shapes:
                if isinstance(shape, np.ndarray):
                    ax.contour(shape, [0.5], colors=colour, linewidths=0.7)
                    continue
                x1, y1, x2, y2 = shape
                ax.plot((x1, x2, x2, x1, x1), (y1, y1, y2, y2, y1), colour)
    return figure


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        '--bccd', type=Path, help='folder of the detection release'
    )
    parser.add_argument(
        '--jtsc', type=Path, help='folder of zxaoyou/segmentation_WBC'
    )
    parser.add_argument(
        '--chains',
        nargs='+',
        choices=CHAINS,
        default=list(CHAINS),
        help='as `daffnet crop` has them (default: all)',
    )
    parser.add_number('--every', 'take every Nth image only', 1)
    parser.add_argument(
        '--mosaics',
        nargs='+',
        type=WholeNumber(1),
        metavar='N',
        help="in the place of the boxes: lay BCCD's fields out in squares of "
        'N x N',
    )
    parser.add_output('--figure', 'PNG to write: the failures')
    return parser


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        if not (args.bccd or args.jtsc):
            raise InputError('nothing to measure: give --bccd, --jtsc or both')
        if args.mosaics and not args.bccd:
            raise InputError('--mosaics are made of the fields of --bccd')
        if args.mosaics:
            evaluate_mosaics(args.bccd, args.mosaics)
            return 0
        failures = []
        for chain in dict.fromkeys(args.chains):
            if args.bccd:
                failures += evaluate_bccd(args.bccd, args.every, chain)
            if args.jtsc:
                failures += evaluate_jtsc(args.jtsc, args.every, chain)
        if args.figure and failures:
            save_figure(draw_sheet(failures[:MOST_SHOWN]), args.figure)
            print(f'wrote {args.figure}')
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
