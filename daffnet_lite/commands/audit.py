"""Look for what makes figures wrong: leaks, duplicates, broken images.

Usage:
    daffnet audit FOLDER|CONFIG [FOLDER|CONFIG ...]
        [--out-dir DIR] [--groups-out FILE] [--contact-sheet FILE]
        [--num-workers N] [--bit-depth N] [--max-pixels N]
        [--cfg-options KEY=VALUE ...]

A FOLDER is an unzipped release, any tree of class folders, the folder of
WBCAtt's annotation files, or a folder with such folders; of a CONFIG, the
training, validation and test datasets are looked at, with their split.
Several at once are compared with each other. An audit that was interrupted
goes on where it stopped.

Exit status: 1 if a split leaks (copies of an image, or one group, on two
sides) or an image or a subfolder cannot be read, 2 for bad input, else 0.
"""

import sys
from collections.abc import Sequence

from daffnet_lite.utils.command_line import (
    GOES_ON,
    ToolParser,
    one_sentence_errors,
)

HOW_TO_GO_ON = GOES_ON


def build_parser() -> ToolParser:
    """Describe the command line."""
    parser = ToolParser(__doc__, prog='daffnet audit')
    parser.add_argument(
        'locations',
        nargs='+',
        metavar='FOLDER|CONFIG',
        help='datasets to look at and compare',
    )
    parser.add_out_dir(
        'work_dirs/audit', 'folder for audit.json and the cache'
    )
    parser.add_output(
        '--groups-out',
        "CSV to write: the group of each image, for a dataset's group_file",
    )
    parser.add_output(
        '--contact-sheet',
        'PNG to draw: a cell of each class and dataset (Fig. 5)',
    )
    parser.add_image_workers()
    parser.add_reading()
    parser.add_cfg_options()
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        int: 1 if a split leaks or an image is broken, else 0.
    """
    args = build_parser().parse_checked(argv)
    from rich.console import Console

    from daffnet_mm.audit import audit_datasets, print_report

    with one_sentence_errors():
        report = audit_datasets(
            args.locations,
            args.out_dir,
            args.groups_out,
            args.contact_sheet,
            args.num_workers,
            cfg_options=args.cfg_options,
            bit_depth=args.bit_depth,
            max_pixels=args.max_pixels,
        )
    # In a file or pipe there is no terminal to be as wide as.
    width = None if sys.stdout.isatty() else 120
    # No :cell: in a name is an emoji.
    console = Console(width=width, emoji=False)
    print_report(report, console)
    console.print(f'wrote {args.out_dir}/audit.json', soft_wrap=True)
    faulty = any(s['faulty'] or s['unusable'] for s in report['sources'])
    return 1 if report['leaks'] or faulty else 0
