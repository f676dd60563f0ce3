"""Crop the white cells of all images in a folder.

Usage:
    python tools/dataset_converters/crop_cells.py IN_DIR OUT_DIR
        [--margin 0.1] [--num-workers 2]

The method is that of Chen et al. 2022 (Fig. 2). Class folders stay: the cells
of IN_DIR/neutrophil/7.jpg become OUT_DIR/neutrophil/7_0.png, 7_1.png and so
on, largest nucleus first. OUT_DIR/boxes.csv has a line a cell: image, x1, y1,
x2, y2, the cell's own box in pixels of the image. LISC's folder is cropped by
its masks where it has them. A run that was interrupted goes on where it
stopped. Images without a cell and images that cannot be read are named at the
end; the latter make the exit status 1.
"""

import argparse
import sys

from daffnet_mm.preparation.crop_folder import crop_folder
from daffnet_mm.utils.command_line import one_sentence_errors


def positive(text: str) -> int:
    """A whole number above 0, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'{number} is not above 0')
    return number


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Crop the white cells of all images in a folder.'
    )
    parser.add_argument('in_dir', help='folder with the images')
    parser.add_argument('out_dir', help='folder for the crops')
    parser.add_argument(
        '--margin',
        type=float,
        default=0.1,
        help='around a cell, as a share of its longer side (default: 0.1)',
    )
    parser.add_argument(
        '--num-workers', type=positive, default=2, help='default: 2'
    )
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    with one_sentence_errors():
        report = crop_folder(
            args.in_dir, args.out_dir, args.margin, args.num_workers
        )
    for name in report['empty']:
        print(f'no cell found: {name}')
    for sentence in report['refused']:
        print(f'not read: {sentence}')
    print(
        f'{args.out_dir}: {report["cells"]} cells of {report["images"]} '
        f'images, {report["kept"]} of them from before; '
        f'{len(report["empty"])} without a cell, '
        f'{len(report["refused"])} not read'
    )
    return 1 if report['refused'] else 0


if __name__ == '__main__':
    sys.exit(main())
