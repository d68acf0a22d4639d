"""Wakes the streams of this process when something has been announced about their run, or stands in the log."""

from __future__ import annotations

import asyncio
import contextvars
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from prometheus_client import Gauge

from chassis.observe.logs import service_scope
from chassis.observe.metrics import REGISTRY
from chassis.work.periodic import keep_doing

LIVE_STREAMS = Gauge("live_streams", "Clients that follow a run, a job or all of their own here.", registry=REGISTRY)


class Stream:
    """One open connection. ``announced`` is the highest sequence number heard of so far; ``nudged``: something has
    happened whose number nobody knows yet."""

    def __init__(self) -> None:
        self.announced = 0
        self.nudged = False
        self._wake = asyncio.Event()

    def announce(self, sequence: int) -> None:
        """Something happened; what has been heard of before wakes nobody."""
        if sequence > self.announced:
            self.announced = sequence
            self.wake()

    def forget(self) -> None:
        """What was announced has stayed away; whoever looks into the log for all streams will say when it is there."""
        self.announced = 0

    def wake(self, _: object = None) -> None:
        """Look up, whatever the reason."""
        self._wake.set()

    async def wait(self, timeout_s: float) -> None:
        """Return when something was announced, or woke it, or after ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()


Look = Callable[[Collection[UUID]], Awaitable[Mapping[UUID, int]]]
"""The number of the newest update in the log, of each of these runs."""


class Hub:
    """The open streams of this process by run.

    While there are any it looks into the log every ``every_s``, once for all of them, for what nobody announced.
    """

    def __init__(self, look: Look, *, every_s: float) -> None:
        self._look = look
        self._every_s = every_s
        self._looking: asyncio.Task[None] | None = None
        self._surroundings = contextvars.copy_context()
        """Of the process: looking begins in some client's request, and is no part of it."""
        self._streams: dict[UUID, set[Stream]] = defaultdict(set)

    def announce(self, run_id: UUID, sequence: int) -> None:
        """Wake whoever follows the run here."""
        for stream in self._streams.get(run_id, ()):
            stream.announce(sequence)

    def nudge(self, of: UUID) -> None:
        """Wake whoever follows this here, for something whose number is not known yet."""
        for stream in self._streams.get(of, ()):
            stream.nudged = True
            stream.wake()

    @contextmanager
    def follow(self, run_id: UUID, stopping: asyncio.Event) -> Iterator[Stream]:
        """A stream for the duration of the block; woken when the server is ``stopping``, too."""
        stream = Stream()
        self._streams[run_id].add(stream)
        if self._looking is None:
            self._looking = self._surroundings.copy().run(
                keep_doing, "live updates", self._look_once, rest_s=self._every_s
            )
        end = asyncio.ensure_future(stopping.wait())
        end.add_done_callback(stream.wake)
        LIVE_STREAMS.inc()
        try:
            yield stream
        finally:
            LIVE_STREAMS.dec()
            end.cancel()
            self._streams[run_id].discard(stream)
            if not self._streams[run_id]:
                del self._streams[run_id]
            if not self._streams and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _look_once(self) -> None:
        await asyncio.sleep(self._every_s)
        with service_scope("notify"):
            for run_id, sequence in (await self._look(tuple(self._streams))).items():
                self.announce(run_id, sequence)

    def __len__(self) -> int:
        return sum(len(streams) for streams in self._streams.values())
