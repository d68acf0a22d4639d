"""Wakes the streams of this process when something has been announced about their run."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Stream:
    """One open connection. ``announced`` is the highest sequence number heard of so far."""

    def __init__(self) -> None:
        self.announced = 0
        self._wake = asyncio.Event()

    def announce(self, sequence: int) -> None:
        """Something happened."""
        self.announced = max(self.announced, sequence)
        self.wake()

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


class Hub:
    """The open streams of this process by run."""

    def __init__(self) -> None:
        self._streams: dict[UUID, set[Stream]] = defaultdict(set)

    def announce(self, run_id: UUID, sequence: int) -> None:
        """Wake whoever follows the run here."""
        for stream in self._streams.get(run_id, ()):
            stream.announce(sequence)

    @contextmanager
    def follow(self, run_id: UUID, stopping: asyncio.Event) -> Iterator[Stream]:
        """A stream for the duration of the block; woken when the server is ``stopping``, too."""
        stream = Stream()
        self._streams[run_id].add(stream)
        end = asyncio.ensure_future(stopping.wait())
        end.add_done_callback(stream.wake)
        try:
            yield stream
        finally:
            end.cancel()
            self._streams[run_id].discard(stream)
            if not self._streams[run_id]:
                del self._streams[run_id]

    def __len__(self) -> int:
        return sum(len(streams) for streams in self._streams.values())
