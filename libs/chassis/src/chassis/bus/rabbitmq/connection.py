"""A connection of aio-pika as the bus uses it: lost as a whole, bounded in time, many frames to a system call.

The bus speaks to the layer that aio-pika is made of: aiormq's channels. aio-pika's own messages and exchanges cost
as much again for each message, and its connections cannot be given buffers.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import aiormq
from aio_pika.connection import make_url
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq import Channel

CALL_S = 5.0
"""How long the broker may take to answer something small."""

_CLOSE_S = 3.0

_FRAMES = 1024
"""Frames buffered each way; a message has three. What arrives together is then handed over together."""


class BrokerAway(ConnectionError):
    """The broker cannot be reached, does not answer, or has closed what we used; a new connection may work."""


@contextmanager
def broker_errors() -> Iterator[None]:
    """Whatever aio-pika raises in the block for the broker's sake is a :class:`BrokerAway`."""
    try:
        yield
    except BrokerAway:
        raise
    except asyncio.CancelledError as error:
        # A connection that ends cancels those who wait for its answers; nobody has cancelled this task then.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise BrokerAway("the connection to the broker has ended") from error
    except CONNECTION_EXCEPTIONS as error:
        raise BrokerAway(repr(error)) from error


class Connection:
    """One connection, of use until anything of it is lost: itself, a channel or a consumer. Made by :func:`connect`."""

    def __init__(self, connection: aiormq.Connection) -> None:
        self._connection = connection
        self._closing: asyncio.Task[None] | None = None
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when the connection is to be replaced, with the reason."""
        connection.closing.add_done_callback(lambda closing: self.give_up(_said("connection", closing)))

    @property
    def open(self) -> bool:
        """Whether nothing of it is lost so far."""
        return not self.lost.done()

    def give_up(self, reason: str) -> None:
        """Have this connection replaced; what is unacknowledged on it comes again."""
        if not self.lost.done():
            self.lost.set_result(reason)

    async def channel(self, *, confirms: bool = False) -> Channel:
        """Open a channel; when it is closed, the connection is lost. Raises :class:`BrokerAway`."""
        channel = await self._channel(CALL_S, confirms=confirms)
        channel.closing.add_done_callback(lambda closing: self.give_up(_said(f"channel {channel}", closing)))
        return channel

    async def takes_messages(self) -> bool:
        """False at once while the broker is short of memory or disk, or when the connection is lost."""
        try:
            async with asyncio.timeout(0):
                await self._connection.ready()
        except TimeoutError:
            return False
        return self.open

    async def answers(self, timeout_s: float) -> None:
        """Return when the broker has answered something small. Raises :class:`BrokerAway`."""
        # On a channel of its own, which is closed when it owes an answer for too long.
        channel = await self._channel(timeout_s)
        with broker_errors():
            await channel.close(timeout=timeout_s)

    async def close(self) -> None:
        """Close in order; return after 3 s also when the broker does not answer."""
        self.give_up("closed by us")
        if self._closing is None:
            self._closing = asyncio.create_task(self._connection.close())
        # Not cancelled after that: aio-pika goes on until its heartbeat gives the broker up.
        await asyncio.wait({self._closing}, timeout=_CLOSE_S)

    async def _channel(self, timeout_s: float, *, confirms: bool = False) -> Channel:
        with broker_errors():
            async with asyncio.timeout(timeout_s):
                channel = await self._connection.channel(
                    publisher_confirms=confirms, frame_buffer_size=_FRAMES, on_return_raises=False
                )
        return cast(Channel, channel)


async def connect(
    url: str,
    *,
    name: str = "talkingphoto",
    heartbeat_s: int = 5,
    timeout_s: float = CALL_S,
    tls: ssl.SSLContext | None = None,
) -> Connection:
    """Connect and log in. Raises :class:`BrokerAway` saying why, after ``timeout_s`` at the latest.

    A broker that has been silent for three times ``heartbeat_s`` and a little more is given up.
    """
    connection = _Buffered(make_url(url, name=name, heartbeat=heartbeat_s), context=tls, transport_factory=_Gathering())
    with broker_errors():
        async with asyncio.timeout(timeout_s):
            await connection.connect()
    return Connection(connection)


class _Buffered(aiormq.Connection):
    FRAME_BUFFER_SIZE = _FRAMES


class _Gathering(aiormq.TransportFactory):
    """Opens streams whose writer gathers."""

    async def create(self, url: Any, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        tls = await kwargs["ssl_context_provider"].get_context() if url.scheme == "amqps" else None
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, protocol = await loop.create_connection(
            lambda: asyncio.StreamReaderProtocol(reader), url.host, url.port, ssl=tls
        )
        return reader, _GatheringWriter(transport, protocol, reader, loop)


class _GatheringWriter(asyncio.StreamWriter):
    """Sends what is written in one turn of the loop by one system call; aio-pika writes message by message."""

    _gathered: list[Any] | None = None

    def write(self, data: Any) -> None:
        if self._gathered is None:
            self._gathered = []
            asyncio.get_running_loop().call_soon(self._send)
        self._gathered.append(data)

    async def drain(self) -> None:
        self._send()
        await super().drain()

    def write_eof(self) -> None:
        self._send()
        super().write_eof()

    def close(self) -> None:
        self._send()
        super().close()

    def _send(self) -> None:
        gathered, self._gathered = self._gathered, None
        if gathered:
            super().write(b"".join(gathered))


def _said(what: str, closing: asyncio.Future[Any]) -> str:
    error = None if closing.cancelled() else closing.exception()
    return f"{what} closed: {error!r}" if error is not None else f"{what} closed"
