"""CPU work outside the event loop: worker processes whose job can be interrupted, with progress on the way.

Workers are spawned, not forked, so that they inherit no connection, lock or thread. A job that is cancelled or runs
past its deadline costs its worker, which is replaced.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext
from typing import Any, TypeVar

from pebble import ProcessExpired
from pebble import ProcessPool as PebblePool

from chassis import ids

T = TypeVar("T")
Report = Callable[[float], None]

_JOBS_PER_WORKER = 64
"""A worker is replaced after so many jobs: native libraries leak a little."""

_reports: Any = None


class WorkerDied(RuntimeError):
    """The worker process ended in the middle of a job (killed, out of memory); the job may be tried again."""


class ProcessPool:
    """Runs module-level functions in worker processes."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self._pool: PebblePool | None = None
        self._queue: Any = None
        self._listeners: dict[str, Report] = {}
        self._listener: threading.Thread | None = None

    async def start(self) -> None:
        """Make the pool; workers start with their first job."""
        self._queue = self._context.SimpleQueue()
        self._pool = PebblePool(
            max_workers=self._workers,
            max_tasks=_JOBS_PER_WORKER,
            initializer=_set_up,
            initargs=(self._queue,),
            context=self._context,
        )
        self._listener = threading.Thread(target=self._listen, name="progress of worker processes", daemon=True)
        self._listener.start()

    async def stop(self, grace_s: float = 5.0) -> None:
        """Interrupt what is running and end every worker."""
        if self._pool is None:
            return
        self._pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join, grace_s)
        self._queue.put(None)
        if self._listener is not None:
            await asyncio.to_thread(self._listener.join, grace_s)
        self._queue.close()
        self._pool = None

    async def run(
        self, function: Callable[..., T], /, *args: Any, deadline_s: float, report: Report | None = None, **kwargs: Any
    ) -> T:
        """Call ``function`` in a worker and return its result; arguments and result are pickled.

        With ``report``, the function is given ``progress=`` and its fractions (0.0 to 1.0) arrive at ``report`` in
        the event loop. Raises what the function raises, ``TimeoutError`` past the deadline, :class:`WorkerDied`.
        Cancelling the awaiting task interrupts the work.
        """
        if self._pool is None:
            raise RuntimeError("the process pool is not running")
        job = ids.uuid7().hex
        if report is not None:
            loop = asyncio.get_running_loop()
            self._listeners[job] = lambda fraction: _forward(loop, report, fraction)
        try:
            future = self._pool.schedule(
                _call, args=(function, args, kwargs, job if report is not None else None), timeout=deadline_s
            )
            return await asyncio.wrap_future(future)
        except ProcessExpired as error:
            raise WorkerDied(f"a worker process ended with {error.exitcode}") from error
        except (FutureCancelled, BrokenProcessPool) as error:
            raise WorkerDied("the process pool was stopped") from error
        finally:
            self._listeners.pop(job, None)

    def _listen(self) -> None:
        while (received := self._queue.get()) is not None:
            job, fraction = received
            listener = self._listeners.get(job)
            if listener is not None:
                listener(fraction)


def _forward(loop: asyncio.AbstractEventLoop, report: Report, fraction: float) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(report, fraction)


def _set_up(queue: Any) -> None:
    global _reports
    _reports = queue


def _call(function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], job: str | None) -> T:
    if job is None:
        return function(*args, **kwargs)
    return function(*args, progress=lambda fraction: _reports.put((job, fraction)), **kwargs)
