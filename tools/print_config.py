"""Print a config flat: what its base files and the options make of it.

Usage:
    python tools/print_config.py CONFIG [--cfg-options KEY=VALUE ...]
        [--out FILE]
"""

import argparse
from pathlib import Path

from mmengine import Config, DictAction

from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write
from daffnet_mm.utils.command_line import one_sentence_errors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Print a config flat: what its base files and the options '
        'make of it'
    )
    parser.add_argument('config', metavar='CONFIG', help='config to print')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='settings that override those of the config',
    )
    parser.add_argument(
        '--out',
        type=Path,
        metavar='FILE',
        help='config to write, in the place of printing it',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with one_sentence_errors():
        try:
            cfg = Config.fromfile(args.config)
            cfg.merge_from_dict(args.cfg_options)
        except FileNotFoundError:
            raise
        # A config is a program, which can fail in any way.
        except Exception as error:
            raise InputError(
                f'{args.config} with these options is no config that '
                f'resolves: {type(error).__name__}: {error}'
            ) from error
        if args.out is None:
            print(cfg.pretty_text, end='')
        else:
            with atomic_write(args.out) as file:
                file.write(cfg.pretty_text)


if __name__ == '__main__':
    main()
