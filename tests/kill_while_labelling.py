"""Imported by a config: kills tools/pseudo_label.py after some batches."""

import os
import signal

from daffnet_mm.apis.pseudo_labelling import PartialFile

_append = PartialFile.append
_left = [int(os.environ.get('KILL_AFTER_BATCHES', 1000))]


def append(self, *batch):
    if _left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    _left[0] -= 1
    _append(self, *batch)


PartialFile.append = append
