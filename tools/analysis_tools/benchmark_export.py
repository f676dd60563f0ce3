"""Measure how fast PyTorch and exported models answer, in one run.

Usage:
    python tools/analysis_tools/benchmark_export.py FOLDER
        [--config CONFIG --checkpoint CKPT] [--cfg-options KEY=VALUE ...]
        [--num-images 1000] [--batch-sizes 1 32] [--threads N] [--rounds 3]
        [--out FILE]

The model, by default the one that comes with the package, is exported in
single precision and with eight-bit integers. In each round PyTorch and both
exported files take all cells of FOLDER, at most --num-images, in turn, at each
batch size, so that whatever else the machine does meets all of them. Measured
is from the image file to the answer, review included, and the network alone,
on images that are framed and scaled. Ratios are medians over the rounds.
"""

import platform
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from evaluate_export import some_images
from mmpretrain.structures import DataSample
from timing import time_in_turn, write_figures

from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.onnx import OnnxClassifier
from daffnet_lite.onnx.runtime import import_runtime
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.onnx import export_onnx
from daffnet_mm.utils.config_files import load_config

TORCH = 'PyTorch, float32'
WHOLE, NETWORK = 'file to answer', 'network alone'


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('folder', metavar='FOLDER', help='images of cells')
    parser.add_number('--num-images', 'cells, at most', 1000)
    parser.add_argument(
        '--batch-sizes',
        nargs='+',
        type=int,
        default=[1, 32],
        help='images at a time (default: %(default)s)',
    )
    parser.add_number(
        '--threads', "threads on a CPU (default: PyTorch's choice)"
    )
    parser.add_model(shipped=True)
    parser.add_rounds(3)
    return parser


def batches(pixels: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(pixels), size):
        yield pixels[start : start + size]


@torch.inference_mode()
def torch_network(model: WBCInferencer, pixels: np.ndarray, size: int) -> None:
    for batch in batches(pixels, size):
        inputs = torch.from_numpy(batch).permute(0, 3, 1, 2)
        samples = [DataSample() for _ in batch]
        model.model.test_step(dict(inputs=inputs, data_samples=samples))


def onnx_network(light: OnnxClassifier, pixels: np.ndarray, size: int) -> None:
    for batch in batches(pixels, size):
        light.run(batch)


def build_steps(args, folder: Path) -> dict[tuple[str, int, str], Callable]:
    """What is timed, by task, batch size and model."""
    images = some_images(args.folder, args.num_images)
    model = WBCInferencer(
        load_config(args.config, args.cfg_options),
        args.checkpoint,
        device='cpu',
        profile='none',
    )
    exported = {}
    for precision in ('float32', 'int8'):
        path = folder / f'{precision}.onnx'
        export_onnx(
            path,
            args.config,
            args.checkpoint,
            int8=precision == 'int8',
            images=images[:100],
            cfg_options=args.cfg_options,
        )
        exported[f'ONNX, {precision}'] = OnnxClassifier(
            path, profile='none', threads=torch.get_num_threads()
        )
    light = next(iter(exported.values()))
    pixels = np.concatenate(list(light.inputs(images)))
    steps: dict[tuple[str, int, str], Callable] = {}
    for size in args.batch_sizes:
        for name, one in {TORCH: model, **exported}.items():
            steps[WHOLE, size, name] = lambda one=one, size=size: one(
                images, batch_size=size, skip_broken=True
            )
        steps[NETWORK, size, TORCH] = lambda size=size: torch_network(
            model, pixels, size
        )
        for name, one in exported.items():
            steps[NETWORK, size, name] = lambda one=one, size=size: (
                onnx_network(one, pixels, size)
            )
    return steps


def summarise(
    spent: dict[tuple[str, int, str], list[float]], cells: int
) -> list[dict]:
    """Take medians over the rounds.

    Args:
        spent (dict): Seconds of each round, by task, batch size and model.
        cells (int): Cells of a round.

    Returns:
        list[dict]: Of each, the median milliseconds a cell, and how many
        times faster than PyTorch it is, as the median of the rounds' ratios.
    """
    rows = []
    for (task, size, name), seconds in sorted(spent.items()):
        usual = spent[task, size, TORCH]
        ratios = [a / b for a, b in zip(usual, seconds, strict=True)]
        rows.append(
            dict(
                task=task,
                batch_size=size,
                model=name,
                milliseconds=1000 * statistics.median(seconds) / cells,
                faster_than_torch=statistics.median(ratios),
                seconds=seconds,
            )
        )
    return rows


def render(rows: list[dict]) -> str:
    """Lay the figures out as a table."""
    return to_markdown(
        ['task', 'batch', 'model', 'ms a cell', 'cells/s', 'PyTorch x'],
        [
            [
                row['task'],
                str(row['batch_size']),
                row['model'],
                f'{row["milliseconds"]:.2f}',
                f'{1000 / row["milliseconds"]:.1f}',
                f'{row["faster_than_torch"]:.2f}',
            ]
            for row in rows
        ],
    )


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    with one_sentence_errors(), TemporaryDirectory() as folder:
        steps = build_steps(args, Path(folder))
        cells = len(some_images(args.folder, args.num_images))
        setting = dict(
            cells=cells,
            threads=torch.get_num_threads(),
            rounds=args.rounds,
            torch=str(torch.__version__),
            onnxruntime=import_runtime().__version__,
            machine=platform.machine(),
        )
        print(', '.join(f'{key} {value}' for key, value in setting.items()))
        spent = time_in_turn(steps, args.rounds, time.perf_counter, 'answers')
        rows = summarise(spent, cells)
        print(render(rows))
        write_figures(args.out, dict(setting=setting, rows=rows))
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
