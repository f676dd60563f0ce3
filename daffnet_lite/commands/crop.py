"""Crop the white cells of all images in a folder.

Usage:
    daffnet crop SRC DST [--margin 0.1]
        [--chain chen2022] [--num-workers N] [--bit-depth N] [--max-pixels N]

The method is that of Chen et al. 2022 (Fig. 2), of whose steps --chain
chen2022 takes every one. Class folders stay: the cells of SRC/neutrophil/7.jpg
become DST/neutrophil/7_0.png, 7_1.png and so on, largest nucleus first.
DST/boxes.csv has a line a cell: image, the crop; group, the image that it
comes from; x1, y1, x2, y2, the cell's own box in pixels of that image. DST is
read as SRC is, and the crops of one image stay on one side
of every split (boxes.csv is also a --group-file of make_splits.py).

LISC's folder is cropped by its masks where it has them, largest cell first. A
run that was interrupted goes on where it stopped. Images without a cell and
images that cannot be read are named at the end; the latter make the exit
status 1.
"""

from collections.abc import Sequence
from pathlib import Path

from daffnet_lite.cropping.segmentation import CHAINS
from daffnet_lite.utils.command_line import (
    GOES_ON,
    ToolParser,
    one_sentence_errors,
)

HOW_TO_GO_ON = GOES_ON


def build_parser() -> ToolParser:
    """Describe the command line."""
    parser = ToolParser(__doc__, prog='daffnet crop')
    parser.add_argument('src', type=Path, help='folder with the images')
    parser.add_output('dst', 'folder for the crops', folder=True)
    parser.add_argument(
        '--margin',
        type=float,
        default=0.1,
        help='space around a cell, as a share of its longer side '
        '(default: %(default)s)',
    )
    parser.add_argument(
        '--chain',
        choices=CHAINS,
        default='own',
        help='steps from the binary image to the nuclei: own, or '
        "chen2022, the paper's, which finds fewer cells (default: "
        '%(default)s)',
    )
    parser.add_image_workers()
    parser.add_reading()
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        int: 1 if an image cannot be read, else 0.
    """
    args = build_parser().parse_checked(argv)
    from daffnet_lite.preparation.crop_folder import crop_folder

    with one_sentence_errors():
        report = crop_folder(
            args.src,
            args.dst,
            args.margin,
            args.num_workers,
            args.bit_depth,
            args.max_pixels,
            args.chain,
        )
    for name in report['empty']:
        print(f'no cell found: {name}')
    for sentence in report['refused']:
        print(f'not read: {sentence}')
    print(
        f'{args.dst}: {report["cells"]} cells of {report["images"]} '
        f'images, {report["kept"]} of them from before; '
        f'{len(report["empty"])} without a cell, '
        f'{len(report["refused"])} not read'
    )
    return 1 if report['refused'] else 0
