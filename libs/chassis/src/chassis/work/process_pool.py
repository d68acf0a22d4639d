"""CPU work outside the event loop: worker processes whose job can be interrupted, with progress on the way.

Workers are spawned, not forked, so that they inherit no connection, lock or thread. A job that is cancelled or runs
past its deadline costs its worker, which is replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import multiprocessing
import os
import socket
import struct
from collections.abc import Callable
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import Future, InvalidStateError
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

NICENESS = 5
"""Of workers for long work, over that of whoever has the pool: where both are, whoever asks is answered first."""

_NEWS = struct.Struct("32sd")
"""One progress message: the job's id in hexadecimal and the fraction."""

_reports: socket.socket | None = None


class WorkerDied(RuntimeError):
    """The worker process ended in the middle of a job (killed, out of memory); the job may be tried again."""


class ProcessPool:
    """Runs module-level functions in worker processes: ``workers`` for whatever comes, and ``quick`` more for short
    work alone, so that it never waits for long work."""

    def __init__(self, workers: int, *, quick: int = 1) -> None:
        self._sizes = (workers, quick)
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self._pools: tuple[PebblePool, ...] = ()
        self._listeners: dict[bytes, Report] = {}
        self._unfinished: set[Future[Any]] = set()
        self._news: socket.socket | None = None

    async def start(self) -> None:
        """Make the pool; workers start with their first job."""
        # In the folder that somebody happens to be in, a types.py or signal.py of theirs is no module of ours.
        os.environ["PYTHONSAFEPATH"] = "1"
        # Datagrams, because a worker that is killed in the middle of a report must not leave a lock behind; and not by
        # a file, because a folder for temporary files may have a longer name than a socket can.
        self._news = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._news.setblocking(False)
        self._news.bind(("127.0.0.1", 0))
        asyncio.get_running_loop().add_reader(self._news, self._receive)
        self._pools = tuple(
            PebblePool(
                max_workers=size,
                max_tasks=_JOBS_PER_WORKER,
                initializer=_set_up,
                initargs=(self._news.getsockname(), niceness),
                context=self._context,
            )
            for size, niceness in zip(self._sizes, (NICENESS, 0), strict=True)
        )

    async def stop(self, grace_s: float = 5.0) -> None:
        """Interrupt what is running and end every worker."""
        if not self._pools:
            return
        for pool in self._pools:
            pool.stop()  # type: ignore[no-untyped-call]
        for pool in self._pools:
            await asyncio.to_thread(pool.join, grace_s)
        for future in list(self._unfinished):
            # Stopped between handing a job over and hearing that it began, the pool forgets it.
            with contextlib.suppress(InvalidStateError):
                future.set_exception(BrokenProcessPool("stopped"))
        if self._news is not None:
            asyncio.get_running_loop().remove_reader(self._news)
            self._news.close()
            self._news = None
        self._pools = ()

    async def run(
        self,
        function: Callable[..., T],
        /,
        *args: Any,
        deadline_s: float,
        report: Report | None = None,
        quick: bool = False,
        **kwargs: Any,
    ) -> T:
        """Call ``function`` in a worker and return its result; arguments and result are pickled. ``quick``: it takes
        seconds, and has a worker of its own kind.

        With ``report``, the function is given ``progress=`` and its fractions (0.0 to 1.0) arrive at ``report`` in
        the event loop. Raises what the function raises, ``TimeoutError`` past the deadline, :class:`WorkerDied`.
        Cancelling the awaiting task interrupts the work.
        """
        if not self._pools:
            raise RuntimeError("the process pool is not running")
        job = ids.uuid7().hex.encode()
        if report is not None:
            self._listeners[job] = report
        try:
            future = self._pools[quick].schedule(
                _call, args=(function, args, kwargs, job if report is not None else None), timeout=deadline_s
            )
            self._unfinished.add(future)
            future.add_done_callback(self._unfinished.discard)
            return await asyncio.wrap_future(future)
        except ProcessExpired as error:
            raise WorkerDied(f"a worker process ended with {error.exitcode}") from error
        except (FutureCancelled, BrokenProcessPool) as error:
            raise WorkerDied("the process pool was stopped") from error
        finally:
            # What was reported before the end has been sent before it.
            self._receive()
            self._listeners.pop(job, None)

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._news is not None:
                news = self._news.recv(_NEWS.size + 1)
                # Whoever is on this machine can send here; only who knows a job's id is heard.
                job, fraction = _NEWS.unpack(news) if len(news) == _NEWS.size else (b"", 0.0)
                if (listener := self._listeners.get(job)) is not None:
                    listener(fraction)


class _JsonLine(logging.Formatter):
    """As :mod:`chassis.observe.logs` writes them; that is not imported here, where a worker's start is waited for."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _set_up(address: tuple[str, int], niceness: int) -> None:
    global _reports
    os.nice(niceness)
    _reports = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    _reports.setblocking(False)
    _reports.connect(address)
    complaints = logging.StreamHandler()
    complaints.setFormatter(_JsonLine())
    logging.getLogger().addHandler(complaints)
    logging.captureWarnings(capture=True)


def _tell(job: bytes, fraction: float) -> None:
    # Progress is news: when nobody can take it just now, the next report says more.
    if _reports is not None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            _reports.send(_NEWS.pack(job, fraction))


def _call(function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], job: bytes | None) -> T:
    if job is None:
        return function(*args, **kwargs)
    return function(*args, progress=lambda fraction: _tell(job, fraction), **kwargs)
