"""Teach a trained model another laboratory's cells, from a few of each type.

Usage:
    python tools/adapt.py CONFIG CKPT --labelled FOLDER --out FILE
        [--profile auto|none|FILE] [--device DEVICE]
        [--cfg-options KEY=VALUE ...]

It is `daffnet adapt` for a model that is named, whose module tells the rest.
"""

from collections.abc import Sequence

from daffnet_lite.commands import adapt
from daffnet_lite.utils.command_line import ToolParser, run_tool


def build_parser() -> ToolParser:
    return adapt.build_parser(shipped=False)


def main(argv: Sequence[str] | None = None) -> int:
    return adapt.main(argv, build_parser())


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
