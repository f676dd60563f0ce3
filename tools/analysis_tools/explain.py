"""Show where a model looks, for attributes and cell types.

Usage:
    python tools/analysis_tools/explain.py CONFIG CKPT IMAGE|FOLDER|GLOB [...]
        [--targets NAME[=VALUE] ...] [--layers NAME ...] [--method METHOD]
        [--out-dir DIR] [--device DEVICE] [--cfg-options KEY=VALUE ...]

It is `daffnet explain` for a model that is named, whose module tells the rest.
"""

from collections.abc import Sequence

from daffnet_lite.commands import explain
from daffnet_lite.utils.command_line import ToolParser, run_tool


def build_parser() -> ToolParser:
    return explain.build_parser(shipped=False)


def main(argv: Sequence[str] | None = None) -> int:
    return explain.main(argv, build_parser())


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
