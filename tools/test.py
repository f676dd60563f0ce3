"""Test a model: MMPretrain's `tools/test.py`, with one-sentence errors.

Usage:
    python tools/test.py CONFIG CHECKPOINT [--work-dir DIR] [--out FILE]
        [--show-dir DIR] [--tta] [--cfg-options KEY=VALUE ...] ...

Images that cannot be read are named on the standard error and left out; the
exit status is then 1.
"""

from functools import partial

from daffnet_lite.utils.command_line import run_tool
from daffnet_mm.utils.mmpretrain_tools import run_mmpretrain_tool

if __name__ == '__main__':
    raise SystemExit(run_tool(partial(run_mmpretrain_tool, 'test.py')))
