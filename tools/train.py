"""Train a model: MMPretrain's `tools/train.py`, with one-sentence errors.

Usage:
    python tools/train.py CONFIG [--work-dir DIR] [--resume [CHECKPOINT]]
        [--amp] [--from-scratch] [--cfg-options KEY=VALUE ...] ...

With --from-scratch no weights are downloaded: the layers that would have had
them start at random, and nothing is frozen for a while.
"""

from functools import partial

from daffnet_lite.utils.command_line import run_tool
from daffnet_mm.utils.mmpretrain_tools import run_mmpretrain_tool

GOES_ON = 'with --resume, the same command goes on after its last whole epoch'

if __name__ == '__main__':
    train = partial(run_mmpretrain_tool, 'train.py')
    raise SystemExit(run_tool(train, GOES_ON))
