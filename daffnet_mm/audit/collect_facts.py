"""Look at all images of an audit, in several processes."""

import os
from collections.abc import Callable, Generator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import Progress

from daffnet_lite.utils.worker_pool import worker_pool

from .facts_cache import FactsCache
from .fingerprint_store import FingerprintStore
from .image_check import ImageFacts, Part, check_image

#: Images that a process takes at a time: enough that handing them over does
#: not count, few enough that the bar moves.
_CHUNK = 16


def collect_facts(
    files: Mapping[str, tuple[Part, ...]],
    cache_file: Path,
    num_workers: int,
    progress: Progress,
    reading: Mapping[str, int | None] | None = None,
) -> dict[str, ImageFacts]:
    """Look at every file once.

    Args:
        files (Mapping[str, tuple[Part, ...]]): By file, the parts of it whose
            fingerprints are needed.
        cache_file (Path): Where facts are kept for the next run.
        num_workers (int): Processes; 0 for this one.
        progress (Progress): Shows a bar.
        reading (Mapping, optional): ``bit_depth`` and ``max_pixels``, see
            :func:`check_image`. Defaults to None: their defaults.

    Returns:
        dict[str, ImageFacts]: What was found, by file.

    Raises:
        InputError: If the cache cannot be used.
    """
    facts: dict[str, ImageFacts] = {}
    task = progress.add_task('looking at images', total=len(files))
    reading = {k: v for k, v in (reading or {}).items() if v is not None}
    with FactsCache(cache_file, reading) as cache:
        store = FingerprintStore(cache_file.parent)
        for path, boxes in files.items():
            known = cache.get(path, boxes)
            if known is not None:
                facts[path] = _put_down(known, store)
                progress.advance(task)
        open_files = {p: b for p, b in files.items() if p not in facts}
        # Closed, when the audit is stopped, before it waits for the rest.
        with closing(_examine(open_files, num_workers, reading)) as examined:
            for path, found in examined:
                cache.put(path, open_files[path], found)
                facts[path] = _put_down(found, store)
                progress.advance(task)
    return facts


def _put_down(facts: ImageFacts, store: FingerprintStore) -> ImageFacts:
    """Leave in the memory what is small."""
    facts.fingerprints = {
        box: store.keep(fingerprint)
        for box, fingerprint in facts.fingerprints.items()
    }
    return facts


def _examine(
    files: Mapping[str, tuple[Part, ...]],
    num_workers: int,
    reading: Mapping[str, Any],
) -> Generator[tuple[str, ImageFacts], None, None]:
    """Yield path and facts, in any number of processes."""
    paths = list(files)
    # Any: mypy would have the settings fill the other arguments too.
    check: Any = partial(check_image, **reading)
    if num_workers == 0:
        for path in paths:
            yield path, check(path, files[path])
        return
    while paths:
        done = 0
        executor = worker_pool(num_workers)
        try:
            for found in executor.map(
                check,
                paths,
                [files[path] for path in paths],
                chunksize=_CHUNK,
            ):
                yield paths[done], found
                done += 1
        except BrokenProcessPool:
            # A decoder took its process along, or memory ran out. Whose file
            # it was is not said: the next ones get a process each.
            pass
        finally:
            executor.shutdown(cancel_futures=True)
        paths = paths[done:]
        for path in paths[: _CHUNK * num_workers]:
            yield path, _examine_alone(path, files[path], check)
        paths = paths[_CHUNK * num_workers :]


def _examine_alone(
    path: str, boxes: tuple[Part, ...], check: Callable
) -> ImageFacts:
    with worker_pool(1) as executor:
        try:
            return executor.submit(check, path, boxes).result()
        except BrokenProcessPool:
            return ImageFacts(
                bytes=os.path.getsize(path),
                fault='unreadable',
                message='the decoder crashed or ran out of memory',
            )
