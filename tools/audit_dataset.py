"""Look for what makes figures wrong: leaks, duplicates, broken images.

Usage:
    python tools/audit_dataset.py FOLDER|CONFIG [FOLDER|CONFIG ...]

A FOLDER is an unzipped release, any tree of class folders, the folder of
WBCAtt's annotation files, or a folder with such folders; of a CONFIG, the
training, validation and test datasets are looked at, with their split.
Several at once are compared with each other. An audit that was interrupted
goes on where it stopped.

Exit status: 1 if a split leaks (copies of an image, or one group, on two
sides), 2 for bad input, else 0.
"""

import argparse
import sys

from rich.console import Console

import daffnet_mm  # noqa: F401
from daffnet_mm.audit import audit_datasets, print_report
from daffnet_mm.utils.command_line import one_sentence_errors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Look for what makes figures wrong: leaks, duplicates, '
        'broken images. Exit status 1 if a split leaks.'
    )
    parser.add_argument(
        'locations',
        nargs='+',
        metavar='FOLDER|CONFIG',
        help='datasets to look at and compare',
    )
    parser.add_argument(
        '--out',
        default='work_dirs/audit',
        metavar='DIR',
        help='folder for audit.json and the cache (default: %(default)s)',
    )
    parser.add_argument(
        '--groups-out',
        metavar='FILE',
        help="CSV to write: the group of each image, for a dataset's "
        'group_file',
    )
    parser.add_argument(
        '--contact-sheet',
        metavar='FILE',
        help='PNG to draw: a cell of each class and dataset (Fig. 5)',
    )
    parser.add_argument(
        '--workers',
        type=int,
        metavar='N',
        help='processes; 0: none beside this one (default: all processors)',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    try:
        with one_sentence_errors():
            report = audit_datasets(
                args.locations,
                args.out,
                args.groups_out,
                args.contact_sheet,
                args.workers,
            )
    except KeyboardInterrupt:
        print(
            'interrupted; the same command goes on from here', file=sys.stderr
        )
        raise SystemExit(130) from None
    # In a file or pipe there is no terminal to be as wide as.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    print_report(report, console)
    console.print(f'wrote {args.out}/audit.json', soft_wrap=True)
    raise SystemExit(1 if report['leaks'] else 0)


if __name__ == '__main__':
    main()
