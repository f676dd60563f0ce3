"""Train a model: MMPretrain's `tools/train.py`, with one-sentence errors.

Usage:
    python tools/train.py CONFIG [--work-dir DIR] [--resume [CHECKPOINT]]
        [--amp] [--cfg-options KEY=VALUE ...] ...
"""

from daffnet_mm.utils.command_line import run_mmpretrain_tool

if __name__ == '__main__':
    run_mmpretrain_tool('train.py')
