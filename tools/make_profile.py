"""Measure a laboratory's scale and stain on its images, without labels.

Usage:
    python tools/make_profile.py FOLDER [FOLDER|IMAGE|GLOB ...] --out FILE.json
        [--most N] [--bit-depth N] [--max-pixels N]

It is `daffnet profile`, whose module tells the rest.
"""

from daffnet_lite.commands.profile import build_parser, main
from daffnet_lite.utils.command_line import run_tool

__all__ = ['build_parser', 'main']

if __name__ == '__main__':
    raise SystemExit(run_tool(main))
