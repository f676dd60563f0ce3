"""Write a resized copy of a dataset, which then loads many times faster.

Usage:
    python tools/dataset_converters/resize_dataset.py SRC DST --short-edge 256
        [--quality 90] [--num-workers N] [--bit-depth N] [--max-pixels N]

The copy has the same names, formats, masks and tables as SRC, so any dataset
type reads it unchanged: only ``data_root`` moves. Boxes in VOC's XML and in
CSV files are scaled along. A run that was interrupted goes on where it
stopped. Files without a copy, such as broken images, are named at the end,
and the exit status is then 1.
"""

from pathlib import Path

from daffnet_lite.preparation.resize_folder import resize_dataset
from daffnet_lite.utils.command_line import (
    GOES_ON,
    ToolParser,
    one_sentence_errors,
    run_tool,
)


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('src', type=Path, help='folder of the dataset')
    parser.add_output('dst', 'folder for the copy', folder=True)
    parser.add_number(
        '--short-edge',
        'short edge of the images in pixels, such as the scale of the '
        "config's ResizeEdge; smaller ones are copied as they are",
        required=True,
    )
    parser.add_number(
        '--quality', 'quality of JPEG images, 1 to 100', 90, most=100
    )
    parser.add_image_workers()
    parser.add_reading()
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the tool; gives 1 if a file was not copied, else 0."""
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        report = resize_dataset(
            args.src,
            args.dst,
            args.short_edge,
            args.quality,
            args.num_workers,
            args.bit_depth,
            args.max_pixels,
        )
    for sentence in report['refused']:
        print(f'not copied: {sentence}')
    print(
        f'{args.dst}: {report["written"]} files written, {report["kept"]} '
        f'were there, {len(report["refused"])} not copied'
    )
    return 1 if report['refused'] else 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main, GOES_ON))
