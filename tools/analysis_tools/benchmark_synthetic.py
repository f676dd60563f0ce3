"""Measure how many synthetic cells one core paints in a second.

Usage:
    python tools/analysis_tools/benchmark_synthetic.py
        [--image-size 112] [--num-images 1000] [--laboratory a]

It prints the images per second of processor time, which another program on
the same machine hardly changes, and those of the clock on the wall.
"""

import time

import cv2

from daffnet_lite.utils.command_line import (
    ToolParser,
    run_tool,
)
from daffnet_mm.datasets import SyntheticWBC
from daffnet_mm.datasets.synthetic import LABORATORIES


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_number('--image-size', 'height and width of the images', 112)
    parser.add_number('--num-images', 'cells to paint', 1000)
    parser.add_argument(
        '--laboratory',
        choices=LABORATORIES,
        default='a',
        help='whose stain and microscope (default: %(default)s)',
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    # One core: OpenCV would otherwise spread a blur over all of them.
    cv2.setNumThreads(0)
    started = time.perf_counter()
    cells = SyntheticWBC(
        num_samples=args.num_images,
        image_size=args.image_size,
        laboratory=args.laboratory,
        pipeline=[dict(type='LoadSyntheticCell')],
    )
    listed = time.perf_counter() - started
    # The first image also makes the textures that all share.
    cells[0]

    wall, processor = time.perf_counter(), time.process_time()
    for index in range(len(cells)):
        cells[index]
    wall = time.perf_counter() - wall
    processor = time.process_time() - processor

    number = len(cells)
    print(
        f'{number} cells of laboratory {args.laboratory!r}, '
        f'{args.image_size} px, one thread'
    )
    print(f'listed (nothing painted) in {listed:.2f} s')
    print(
        f'{number / processor:.0f} images/s per core (processor time), '
        f'{number / wall:.0f} images/s on the clock'
    )
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
