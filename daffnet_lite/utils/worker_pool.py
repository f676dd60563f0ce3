import multiprocessing
import os
import sys
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    wait,
)
from itertools import islice
from multiprocessing.context import BaseContext
from typing import TypeVar

from .end_with_parent import end_with_parent
from .stopping import not_now

Item = TypeVar('Item')
Result = TypeVar('Result')

#: Parcels of items that wait for each process.
_AHEAD = 8


class _WorkerPool(ProcessPoolExecutor):
    """A pool that Ctrl-C does not stop in the middle of starting a process.

    It would not know of that process, and wait for another one for ever.
    """

    def submit(self, *args, **kwargs) -> Future:
        """Hand over a task."""
        with not_now():
            return super().submit(*args, **kwargs)


def worker_pool(num_workers: int) -> ProcessPoolExecutor:
    """Make a pool of processes for work on images.

    The processes are not forked from this one: a child of a process that has
    used threads, as OpenCV and PyTorch do, may wait for one of them for ever.
    They come from a server that has imported once what this process has of
    the two packages, compute with one thread each, and end with this process,
    however it ends.

    Args:
        num_workers (int): Processes, at least 1.

    Returns:
        ProcessPoolExecutor: The pool; a ``with`` block ends it.
    """
    context: BaseContext
    if 'forkserver' in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context('forkserver')
        context.set_forkserver_preload(
            [
                name
                for name in sys.modules
                if name == 'daffnet_mm' or name.startswith('daffnet_lite.')
            ]
        )
    else:
        context = multiprocessing.get_context('spawn')
    return _WorkerPool(num_workers, context, _compute_alone)


def available_processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_in_pool(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    num_workers: int,
    chunk_size: int = 1,
) -> Generator[Result, None, None]:
    """Apply a function to many items, in several processes.

    Args:
        function (Callable): The function; with several processes one of a
            module, or a ``partial`` of one.
        items (Sequence): What it is applied to.
        num_workers (int): Processes; below 2 for this one alone.
        chunk_size (int): How many items a process takes at a time, more
            where they are quickly done. Defaults to 1.

    Yields:
        What the function gives, as it is ready, in any order.

    Raises:
        BrokenProcessPool: If a process was killed.
    """
    if num_workers < 2:
        yield from map(function, items)
        return
    chunks = (
        items[start : start + chunk_size]
        for start in range(0, len(items), chunk_size)
    )
    with worker_pool(num_workers) as pool:
        # A few ahead: what waits takes memory, too.
        waiting = {
            pool.submit(_apply, function, chunk)
            for chunk in islice(chunks, _AHEAD * num_workers)
        }
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                waiting |= {
                    pool.submit(_apply, function, chunk)
                    for chunk in islice(chunks, len(done))
                }
                for future in done:
                    yield from future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _compute_alone() -> None:
    end_with_parent()
    # Here, for command lines count processors by this module.
    import cv2

    cv2.setNumThreads(1)


def _apply(
    function: Callable[[Item], Result], items: Sequence[Item]
) -> list[Result]:
    return [function(item) for item in items]
