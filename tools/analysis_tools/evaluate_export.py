"""Compare the answers of exported models with PyTorch's, on many cells.

Usage:
    python tools/analysis_tools/evaluate_export.py NAME=FOLDER [...]
        [--config CONFIG --checkpoint CKPT] [--cfg-options KEY=VALUE ...]
        [--calibrate FOLDER] [--num-images 1000] [--profile auto|none|FILE]
        [--out FILE]

The model, by default the one that comes with the package, is exported in
single precision and with eight-bit integers, whose ranges are measured on 100
cells of --calibrate (default: painted ones). Each FOLDER holds cells of one
laboratory; at most --num-images of them are predicted by all three, evenly
from first to last. Printed is on how many PyTorch's answers stay: the cell
type, the values of the attributes, the reasons to look again.
"""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from daffnet_lite.errors import InputWarning
from daffnet_lite.fileio.image_folders import find_images
from daffnet_lite.fileio.json_files import write_json
from daffnet_lite.onnx import OnnxClassifier
from daffnet_lite.profiles.estimating import spread_out
from daffnet_lite.utils.command_line import (
    ToolParser,
    named_places,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import rounded_down
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.onnx import compare_answers, export_onnx
from daffnet_mm.utils.config_files import load_config

#: Cells on which the ranges of eight-bit integers are measured.
CALIBRATE = 100


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        'cells', nargs='+', metavar='NAME=FOLDER', help='cells, by laboratory'
    )
    parser.add_argument(
        '--calibrate',
        metavar='FOLDER',
        help='cells to measure the ranges of eight-bit integers on',
    )
    parser.add_number('--num-images', 'cells of each folder, at most', 1000)
    parser.add_profile()
    parser.add_model(shipped=True)
    parser.add_output('--out', 'JSON file to write')
    return parser


def some_images(folder: str, most: int) -> list[str]:
    """List images of a folder, evenly from first to last."""
    images = find_images([folder]).images
    return [images[place] for place in spread_out(len(images), most)]


def measure(args, folder: Path) -> list[dict]:
    """Export, and compare on each laboratory; gives a row for each."""
    cells = {
        name: some_images(place, args.num_images)
        for name, place in named_places(args.cells).items()
    }
    calibrate = args.calibrate and some_images(args.calibrate, CALIBRATE)
    model = WBCInferencer(
        load_config(args.config, args.cfg_options),
        args.checkpoint,
        device='cpu',
        profile=args.profile,
    )
    exported = {}
    for precision in ('float32', 'int8'):
        path = folder / f'{precision}.onnx'
        export_onnx(
            path,
            args.config,
            args.checkpoint,
            int8=precision == 'int8',
            images=calibrate,
            cfg_options=args.cfg_options,
        )
        exported[precision] = OnnxClassifier(path, profile=args.profile)
    rows = []
    for name, images in cells.items():
        wanted = model(images, skip_broken=True)
        for precision, light in exported.items():
            parity = compare_answers(wanted, light(images, skip_broken=True))
            size = (folder / f'{precision}.onnx').stat().st_size
            rows.append(
                dict(
                    name=name,
                    precision=precision,
                    megabytes=size / 1e6,
                    **vars(parity),
                )
            )
    return rows


def as_table(rows: list[dict]) -> Table:
    """Lay the figures out."""
    table = Table(
        *('cells', 'number', 'precision', 'MB', 'same type %'),
        *('same values %', 'same review %', 'largest difference'),
    )
    for row in rows:
        table.add_row(
            row['name'],
            str(row['cells']),
            row['precision'],
            f'{row["megabytes"]:.2f}',
            rounded_down(100 * row['equal_types'], 2),
            rounded_down(100 * row['equal_values'], 3),
            rounded_down(100 * row['equal_reviews'], 2),
            f'{row["difference"]:.1e}',
        )
    return table


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors(), TemporaryDirectory() as folder:
        with warnings.catch_warnings():
            # What is done to the images of a laboratory is done by all.
            warnings.simplefilter('ignore', InputWarning)
            rows = measure(args, Path(folder))
        console = Console(width=max(Console().width, 110))
        console.print(as_table(rows))
        if args.out:
            write_json(args.out, rows)
            console.print(f'wrote {args.out}', soft_wrap=True)
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
