"""Workers end with the process that they work for, however it ends."""

import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import os, sys, time
from functools import partial

def work(_):
    # at once, for two of them may write
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(60)

def pool():
    from daffnet_lite.utils.worker_pool import run_in_pool
    list(run_in_pool(work, range(2), 2))

def fork():
    import multiprocessing
    from daffnet_lite.utils.end_with_parent import end_with_parent
    def worker():
        end_with_parent()
        work(0)
    context = multiprocessing.get_context('fork')
    for _ in range(2):
        context.Process(target=worker).start()
    time.sleep(60)

def loader():
    from torch.utils.data import DataLoader
    from daffnet_lite.utils.end_with_parent import end_with_parent
    class Slow:
        def __len__(self):
            return 2
        def __getitem__(self, index):
            return work(index)
    list(DataLoader(Slow(), num_workers=2, worker_init_fn=end_with_parent))

if __name__ == '__main__':
    globals()[sys.argv[1]]()
"""


def is_alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    # It may end before the file is opened, and before it is read.
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(not os.path.isdir('/proc/self'), reason='no /proc')
@pytest.mark.parametrize('kind', ['pool', 'fork', 'loader'])
def test_killed(tmp_path, kind):
    path = tmp_path / 'program.py'
    path.write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, path, kind], stdout=subprocess.PIPE, text=True
    )
    workers = [int(process.stdout.readline()) for _ in range(2)]
    assert all(map(is_alive, workers))
    # A terminal's Ctrl-C is for the main process to handle.
    for pid in workers:
        os.kill(pid, signal.SIGINT)
    time.sleep(0.1)
    assert all(map(is_alive, workers))
    process.kill()
    process.wait()
    end = time.monotonic() + 3
    while any(map(is_alive, workers)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(is_alive, workers))
