"""Look for what makes figures wrong: leaks, duplicates, broken images.

Usage:
    python tools/audit_dataset.py FOLDER|CONFIG [FOLDER|CONFIG ...]
        [--out-dir DIR] [--groups-out FILE] [--contact-sheet FILE]
        [--num-workers N] [--bit-depth N] [--max-pixels N]
        [--cfg-options KEY=VALUE ...]

It is `daffnet audit`, whose module tells the rest.
"""

from daffnet_lite.commands.audit import HOW_TO_GO_ON, build_parser, main
from daffnet_lite.utils.command_line import run_tool

__all__ = ['build_parser', 'main']

if __name__ == '__main__':
    raise SystemExit(run_tool(main, HOW_TO_GO_ON))
