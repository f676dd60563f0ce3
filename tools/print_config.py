"""Print a config flat: what its base files and the options make of it.

Usage:
    python tools/print_config.py CONFIG [--cfg-options KEY=VALUE ...]
        [--out FILE]
"""

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.utils.config_files import load_config


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('config', metavar='CONFIG', help='config to print')
    parser.add_cfg_options()
    parser.add_output('--out', 'config to write, in the place of printing it')
    return parser


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        try:
            cfg = load_config(args.config, args.cfg_options)
        except (FileNotFoundError, InputError):
            raise
        # A config is a program, which can fail in any way.
        except Exception as error:
            raise InputError(
                f'{args.config} is no config that resolves: '
                f'{type(error).__name__}: {error}'
            ) from error
        if args.out is None:
            print(cfg.pretty_text, end='')
        else:
            with atomic_write(args.out) as file:
                file.write(cfg.pretty_text)
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
