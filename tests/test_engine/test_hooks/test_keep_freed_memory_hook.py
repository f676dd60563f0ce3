import platform
import subprocess
import sys

import pytest
from tiny_run import tiny_config

from daffnet_mm.engine import hooks

#: As a step does: a block is taken, filled and freed. Of 64 MB, which the
#: library, left alone, always gives back; of smaller ones not all are.
STEPS = """
import resource
import sys

import torch
from daffnet_mm.engine.hooks import KeepFreedMemoryHook


class Runner:
    model = torch.nn.Linear(1, 1, device=sys.argv[1])


KeepFreedMemoryHook().before_train(Runner)
for step in range(20):
    if step == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = torch.ones(2**24)
    del block
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def taken_anew(device):
    """Pages that the last ten of twenty equal steps take from the system."""
    done = subprocess.run(
        [sys.executable, '-c', STEPS, device],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout)


@pytest.mark.skipif(
    platform.libc_ver()[0] != 'glibc', reason='another C library'
)
def test_pages_are_taken_once():
    # ten steps of 64 MB, in pages of 4 kB or in large ones
    assert taken_anew('cpu') * 20 < taken_anew('meta')


def test_every_training_has_it(tmp_path):
    cfg = tiny_config(tmp_path)
    types = [hook['type'] for hook in cfg.default_hooks.values() if hook]
    assert hooks.KeepFreedMemoryHook.__name__ in types
