"""Tell the cell type and the eleven attributes of cell images.

Usage:
    python -m daffnet_mm.predict IMAGE|FOLDER|GLOB [...] [options ...]

It is `daffnet predict`, whose `--help` tells the options.
"""

from daffnet_lite.commands.predict import main
from daffnet_lite.utils.command_line import run_tool

if __name__ == '__main__':
    raise SystemExit(run_tool(main))
