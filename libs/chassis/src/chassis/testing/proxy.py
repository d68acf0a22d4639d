"""A TCP proxy on loopback that makes a network bad on purpose, with Toxiproxy's vocabulary.

Eight faults: ``latency``, ``bandwidth``, ``slow_close``, ``timeout`` (0 is a black hole), ``reset_peer``, ``slicer``,
``limit_data``, and ``down`` (:meth:`Proxy.disable`). Each acts on one direction: ``upstream`` is what the client
sends, ``downstream`` what it receives. ``toxicity`` is the share of connections it acts on, drawn from a seed.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Stream = Literal["upstream", "downstream"]

ATTRIBUTES: Mapping[str, Mapping[str, int]] = {
    "latency": {"latency": 0, "jitter": 0},
    "bandwidth": {"rate": 0},
    "slow_close": {"delay": 0},
    "timeout": {"timeout": 0},
    "reset_peer": {"timeout": 0},
    "slicer": {"average_size": 0, "size_variation": 0, "delay": 0},
    "limit_data": {"bytes": 0},
}
"""What each fault is told, with defaults: milliseconds, but KB/s for ``rate`` and microseconds for the slicer."""

_CHUNK = 65536
_QUEUED = 256
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Toxic:
    """One fault. Raises ``ValueError`` for an unknown kind, direction or attribute."""

    kind: str
    stream: Stream = "downstream"
    toxicity: float = 1.0
    attributes: Mapping[str, int] = field(default_factory=dict)
    name: str = ""

    def __post_init__(self) -> None:
        known = ATTRIBUTES.get(self.kind)
        if known is None:
            raise ValueError(f"there is no toxic {self.kind!r}")
        if self.stream not in ("upstream", "downstream"):
            raise ValueError(f"{self.stream!r} is no stream")
        if unknown := set(self.attributes) - set(known):
            raise ValueError(f"{self.kind} has no {', '.join(sorted(unknown))}")
        object.__setattr__(self, "attributes", {**known, **self.attributes})
        object.__setattr__(self, "name", self.name or f"{self.kind}_{self.stream}")

    def __getitem__(self, attribute: str) -> int:
        return self.attributes[attribute]


class Proxy:
    """Listens on a port of loopback and passes bytes to ``host:port`` and back."""

    def __init__(self, host: str, port: int, *, name: str = "proxy", listen_port: int = 0, seed: int = 0) -> None:
        self.name = name
        self.upstream = (host, port)
        self.port = listen_port
        self.random = random.Random(seed)
        self.draws = random.Random(seed)
        """Who is hit; apart from jitter, so that timing does not change it."""
        self.toxics: dict[str, Toxic] = {}
        self.links: set[_Link] = set()
        self._server: asyncio.Server | None = None

    @property
    def enabled(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    async def start(self) -> None:
        """Listen; the same port every time."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more and close every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await asyncio.gather(*(link.end() for link in list(self.links)))

    disable = stop
    enable = start

    def add(self, toxic: Toxic) -> Toxic:
        """Begin with a fault, on open connections as well. Raises ``ValueError`` when the name is taken."""
        if toxic.name in self.toxics:
            raise ValueError(f"there is a toxic {toxic.name!r} already")
        self.toxics[toxic.name] = toxic
        for link in self.links:
            link.begin(toxic)
        return toxic

    def remove(self, name: str) -> None:
        """End a fault. Raises ``KeyError``."""
        del self.toxics[name]

    async def reset(self) -> None:
        """No faults, and listening."""
        self.toxics.clear()
        await self.start()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self, writer)
        self.links.add(link)
        try:
            await link.run(reader)
        finally:
            self.links.discard(link)


class _Link:
    """One connection of a client, with its connection to the server."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter) -> None:
        self.proxy = proxy
        self._writers = [client]
        self._drawn: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()

    async def run(self, from_client: asyncio.StreamReader) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(*self.proxy.upstream)
        except OSError:
            self.close()
            return
        self._writers.append(to_server)
        for toxic in self.proxy.toxics.values():
            self.begin(toxic)
        up = _Pipe(self, "upstream", from_client, to_server)
        down = _Pipe(self, "downstream", from_server, self._writers[0])
        pipes = asyncio.gather(up.run(), down.run())
        self._start(self._when_done(pipes))
        await self._over.wait()
        pipes.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(pipes, *self._tasks, return_exceptions=True)

    def active(self, kind: str, stream: Stream) -> Toxic | None:
        """The fault of this kind that acts on this connection now."""
        for toxic in self.proxy.toxics.values():
            if toxic.kind == kind and toxic.stream == stream and self._hit(toxic):
                return toxic
        return None

    def begin(self, toxic: Toxic) -> None:
        """Start the clock of faults that end a connection by themselves."""
        if toxic.kind == "timeout" and toxic["timeout"] and self._hit(toxic):
            self._start(self._later(toxic, self.close))
        elif toxic.kind == "reset_peer" and self._hit(toxic):
            self._start(self._later(toxic, self.reset))

    def close(self) -> None:
        """Close both sides as soon as what was written is sent."""
        for writer in self._writers:
            writer.close()
        self._over.set()

    def reset(self) -> None:
        """Answer both sides with a reset."""
        for writer in self._writers:
            raw = writer.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
        self._over.set()

    async def end(self) -> None:
        """Close, and return when it is done."""
        self.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)

    def _hit(self, toxic: Toxic) -> bool:
        if toxic.name not in self._drawn:
            self._drawn[toxic.name] = self.proxy.draws.random()
        return self._drawn[toxic.name] < toxic.toxicity

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _later(self, toxic: Toxic, act: Any) -> None:
        await asyncio.sleep(toxic["timeout"] / 1000)
        if self.proxy.toxics.get(toxic.name) is toxic:
            act()

    async def _when_done(self, pipes: asyncio.Future[Any]) -> None:
        await asyncio.wait({pipes})
        if not pipes.cancelled() and pipes.exception() is not None:
            # One side was cut: the other one has to see it too.
            self.reset()
        self.close()


class _Pipe:
    """One direction of a connection. Reading goes ahead of writing, so that latency does not cost bandwidth."""

    def __init__(self, link: _Link, stream: Stream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._link = link
        self._stream = stream
        self._reader = reader
        self._writer = writer
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUED)
        self._passed = 0
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read())
            group.create_task(self._write())

    async def _read(self) -> None:
        data = b"."
        while data:
            data = await self._reader.read(_CHUNK)
            await self._queue.put((self._loop.time() + self._latency_s(), data))

    async def _write(self) -> None:
        while True:
            due, data = await self._queue.get()
            if (wait := due - self._loop.time()) > 0:
                await asyncio.sleep(wait)
            if not data:
                break
            if self._active("timeout") is None:
                await self._pass(data)
        if (slow := self._active("slow_close")) is not None:
            await asyncio.sleep(slow["delay"] / 1000)
        if self._writer.can_write_eof():
            self._writer.write_eof()

    async def _pass(self, data: bytes) -> None:
        for piece, pause_s in self._sliced(data):
            if (bandwidth := self._active("bandwidth")) is not None and bandwidth["rate"] > 0:
                await asyncio.sleep(len(piece) / (bandwidth["rate"] * 1024))
            limit = self._active("limit_data")
            if limit is not None:
                piece = piece[: max(0, limit["bytes"] - self._passed)]
            self._passed += len(piece)
            self._writer.write(piece)
            await self._writer.drain()
            if limit is not None and self._passed >= limit["bytes"]:
                self._link.close()
                return
            if pause_s:
                await asyncio.sleep(pause_s)

    def _sliced(self, data: bytes) -> Iterator[tuple[bytes, float]]:
        """Pieces with the pause after each. A slow line sends small ones, so that its rate is even."""
        slicer, bandwidth = self._active("slicer"), self._active("bandwidth")
        start = 0
        while start < len(data):
            size, pause_s = len(data), 0.0
            if slicer is not None and slicer["average_size"] > 0:
                variation = slicer["size_variation"]
                size = max(1, slicer["average_size"] + self._link.proxy.random.randint(-variation, variation))
                pause_s = slicer["delay"] / 1e6
            if bandwidth is not None and bandwidth["rate"] > 0:
                size = min(size, max(1, bandwidth["rate"] * 1024 // 20))
            yield data[start : start + size], pause_s
            start += size

    def _latency_s(self) -> float:
        toxic = self._active("latency")
        if toxic is None:
            return 0.0
        jitter = toxic["jitter"]
        return max(0, toxic["latency"] + self._link.proxy.random.uniform(-jitter, jitter)) / 1000

    def _active(self, kind: str) -> Toxic | None:
        return self._link.active(kind, self._stream)
