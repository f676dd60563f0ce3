"""Crop the white cells of all images in a folder.

Usage:
    python tools/dataset_converters/crop_cells.py SRC DST [--margin 0.1]
        [--chain chen2022] [--num-workers N] [--bit-depth N] [--max-pixels N]

It is `daffnet crop`, whose module tells the rest.
"""

from daffnet_lite.commands.crop import HOW_TO_GO_ON, build_parser, main
from daffnet_lite.utils.command_line import run_tool

__all__ = ['build_parser', 'main']

if __name__ == '__main__':
    raise SystemExit(run_tool(main, HOW_TO_GO_ON))
