"""Write a resized copy of a dataset, which then loads many times faster.

Usage:
    python tools/dataset_converters/resize_dataset.py SRC DST --short-edge 256
        [--quality 90] [--num-workers 2]

The copy has the same names, formats, masks and tables as SRC, so any dataset
type reads it unchanged: only ``data_root`` moves. Boxes in VOC's XML and in
CSV files are scaled along. A run that was interrupted goes on where it
stopped. Files without a copy, such as broken images, are named at the end,
and the exit status is then 1.
"""

import argparse
import sys

from daffnet_mm.preparation.resize_folder import resize_dataset
from daffnet_mm.utils.command_line import one_sentence_errors


def positive(text: str) -> int:
    """A whole number above 0, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'{number} is not above 0')
    return number


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Write a resized copy of a dataset, which then loads many '
        'times faster.'
    )
    parser.add_argument('src', help='folder of the dataset')
    parser.add_argument('dst', help='folder for the copy')
    parser.add_argument(
        '--short-edge',
        type=positive,
        required=True,
        help="of the images in pixels, such as the scale of the config's "
        'ResizeEdge; smaller images are copied as they are',
    )
    parser.add_argument(
        '--quality',
        type=positive,
        default=90,
        help='of JPEG images, 1 to 100 (default: 90)',
    )
    parser.add_argument(
        '--num-workers', type=positive, default=2, help='default: 2'
    )
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    with one_sentence_errors():
        report = resize_dataset(
            args.src,
            args.dst,
            args.short_edge,
            min(args.quality, 100),
            args.num_workers,
        )
    for sentence in report['refused']:
        print(f'not copied: {sentence}')
    print(
        f'{args.dst}: {report["written"]} files written, {report["kept"]} '
        f'were there, {len(report["refused"])} not copied'
    )
    return 1 if report['refused'] else 0


if __name__ == '__main__':
    sys.exit(main())
