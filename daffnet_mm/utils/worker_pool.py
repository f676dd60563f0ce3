import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import cv2


def worker_pool(num_workers: int) -> ProcessPoolExecutor:
    """Make a pool of processes for work on images.

    The processes are not forked from this one: a child of a process that has
    used threads, as OpenCV and PyTorch do, may wait for one of them for ever.
    They come from a server that has imported the package once, and compute
    with one thread each.

    Args:
        num_workers (int): Processes, at least 1.

    Returns:
        ProcessPoolExecutor: The pool; a ``with`` block ends it.
    """
    if 'forkserver' in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context('forkserver')
        context.set_forkserver_preload(['daffnet_mm'])
    else:
        context = multiprocessing.get_context('spawn')
    return ProcessPoolExecutor(num_workers, context, _compute_alone)


def available_processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _compute_alone() -> None:
    cv2.setNumThreads(1)
