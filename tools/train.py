"""Train a model: MMPretrain's `tools/train.py`, with one-sentence errors.

Usage:
    python tools/train.py CONFIG [--work-dir DIR] [--resume [CHECKPOINT]]
        [--amp] [--from-scratch] [--cfg-options KEY=VALUE ...] ...

With --from-scratch no weights are downloaded: the layers that would have had
them start at random, and nothing is frozen for a while.
"""

from daffnet_mm.utils.command_line import run_mmpretrain_tool

if __name__ == '__main__':
    raise SystemExit(run_mmpretrain_tool('train.py'))
