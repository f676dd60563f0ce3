"""White blood cells: the cell type and eleven attributes.

Usage:
    daffnet COMMAND [arguments ...]
    daffnet COMMAND --help
    daffnet --version
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module

from daffnet_lite.utils.command_line import BEGINS_ANEW, ToolParser, run_tool
from daffnet_lite.version import __version__

from .table import SUBCOMMANDS


def build_parser() -> ToolParser:
    """Describe the command itself; each subcommand describes its own."""
    width = max(len(command.name) for command in SUBCOMMANDS)
    listed = [f'  {c.name:{width}}  {c.does}' for c in SUBCOMMANDS]
    parser = ToolParser(
        __doc__,
        prog='daffnet',
        usage='daffnet [-h] [--version] COMMAND ...',
        epilog='\n'.join(
            [
                'commands:',
                *listed,
                '',
                '`daffnet COMMAND --help` tells of each. Not for diagnosis.',
            ]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--version', action='version', version=f'daffnet {__version__}'
    )
    parser.add_argument(
        'command',
        metavar='COMMAND',
        choices=[command.name for command in SUBCOMMANDS],
        help=argparse.SUPPRESS,
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand to its end, which is one line if it fails.

    Args:
        argv (Sequence[str], optional): The words after ``daffnet``. Defaults
            to None: those of this process.

    Returns:
        int: The exit status.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    # The words behind the command are not the command's own.
    name = build_parser().parse_args(words[:1]).command
    (chosen,) = (c for c in SUBCOMMANDS if c.name == name)
    module = import_module(f'{__package__}.{chosen.module}')
    how_to_go_on = getattr(module, 'HOW_TO_GO_ON', BEGINS_ANEW)
    return run_tool(partial(module.main, words[1:]), how_to_go_on)
