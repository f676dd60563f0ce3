"""One thread that computes, and so many places before it."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from fastapi import Request

from .limits import Limits
from .refusals import RefusedError

T = TypeVar('T')
#: Seconds after which it is looked again whether somebody still waits.
_LOOK = 0.2
#: Seconds after which a client may come again.
_RETRY = 5


class AbandonedError(Exception):
    """Nobody waits for this any more."""


class Workplace:
    """Requests at once, of which one is computed.

    A request has its place from its first byte on, so that slow ones cannot
    fill the memory, and until nothing of it is computed any more.

    Args:
        limits (Limits): How many, and how long.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken = 0
        self._thread = ThreadPoolExecutor(1, 'answers')
        #: Whether something is computed.
        self.is_busy = False

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken

    def place(self) -> 'Place':
        """Take a place.

        Returns:
            Place: To be left by ``with``.

        Raises:
            RefusedError: If there is none.
        """
        if self._taken >= self._limits.requests:
            raise RefusedError(
                503,
                f'{self._limits.requests} requests are being answered, and '
                f'no more can wait: try again in {_RETRY} seconds',
                {'Retry-After': str(_RETRY)},
            )
        self._taken += 1
        return Place(self)

    def _submit(self, work: Callable[[], T]) -> 'Future[T]':
        def run() -> T:
            self.is_busy = True
            try:
                return work()
            finally:
                self.is_busy = False

        return self._thread.submit(run)

    def _leave(self) -> None:
        self._taken -= 1


class Place:
    """A request's place."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._running: asyncio.Future | None = None

    def __enter__(self) -> 'Place':
        return self

    def __exit__(self, *_: Any) -> None:
        leave = self._workplace._leave
        if self._running is None or self._running.done():
            leave()
        else:
            # It cannot be stopped at once, and holds its images until then.
            self._running.add_done_callback(lambda _: leave())

    async def compute(
        self, request: Request, work: Callable[[Callable[[], None]], T]
    ) -> T:
        """Compute in the one thread.

        Args:
            request (Request): Which is read to its end. If its client goes,
                nothing is computed any more.
            work (Callable): Gets a function to call now and then, which
                raises when it is not worth going on.

        Returns:
            What it gives.

        Raises:
            RefusedError: If it takes too long.
        """
        seconds = self._workplace._limits.compute_seconds
        until: list[float] = []
        given_up = False

        def is_late() -> bool:
            return bool(until) and time.monotonic() > until[0]

        def check() -> None:
            if given_up or is_late():
                raise AbandonedError

        def run() -> T:
            until.append(time.monotonic() + seconds)
            check()
            return work(check)

        job = self._workplace._submit(run)
        self._running = running = asyncio.wrap_future(job)
        running.add_done_callback(_look_at_error)
        gone = asyncio.ensure_future(_is_gone(request))
        try:
            while not running.done():
                await asyncio.wait(
                    (running, gone),
                    timeout=_LOOK,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if gone.done():
                    raise RefusedError(400, 'the client has gone')
                if is_late():
                    break
            if not running.done() or (
                isinstance(running.exception(), AbandonedError)
            ):
                raise RefusedError(
                    503,
                    f'it took more than {seconds:g} seconds to answer: send '
                    'fewer or smaller images at once',
                )
            return running.result()
        finally:
            given_up = True
            gone.cancel()
            job.cancel()  # if it has not begun


async def _is_gone(request: Request) -> None:
    while (await request.receive())['type'] != 'http.disconnect':
        pass


def _look_at_error(future: asyncio.Future) -> None:
    """Let an error be known of, though nobody waits for it."""
    if not future.cancelled():
        future.exception()
