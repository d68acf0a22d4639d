"""Keeps one connection of aio-pika open: connects, sets up, and does both again after every loss, with back-off.

aio-pika's robust connection restores channels and queues one by one, with names that it remembers. Here everything
on a connection is set up anew by the function that did it first, so that there is one way to begin and one to recover.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import cast

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, UnderlayConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq import Channel
from aiormq.abc import AbstractChannel as Wire

log = structlog.get_logger(__name__)

CALL_S = 5.0
"""How long the broker may take to answer something small."""

_FRAMES = 1024
"""Frames read ahead for a channel, three a message: what arrives together is handed over together."""

_CLOSE_S = 3.0
_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 2.0


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

    def __init__(self, connection: AbstractConnection, transport: UnderlayConnection) -> None:
        self._connection = connection
        self._transport = transport
        self._closing: asyncio.Task[None] | None = None
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when the connection is to be replaced, with the reason."""
        transport.connection.closing.add_done_callback(lambda closing: self.give_up(_said("connection", closing)))

    @property
    def open(self) -> bool:
        """Whether nothing of it is lost so far."""
        return not self.lost.done()

    def give_up(self, reason: str) -> None:
        """Have this connection replaced; what is unacknowledged on it comes again."""
        if not self.lost.done():
            self.lost.set_result(reason)

    async def declaring(self) -> AbstractChannel:
        """Open a channel to declare on; when it is closed, the connection is lost. Raises :class:`BrokerAway`."""
        with broker_errors():
            async with asyncio.timeout(CALL_S):
                channel = await self._connection.channel(publisher_confirms=False)
            self._lost_with(await channel.get_underlay_channel())
        return channel

    async def channel(self, *, confirms: bool = False) -> Channel:
        """Open a channel for messages; when it is closed, the connection is lost. Raises :class:`BrokerAway`.

        It is of the layer below aio-pika's messages, whose objects and tasks for each message cost as much again.
        """
        with broker_errors():
            channel = await self._transport.connection.channel(
                publisher_confirms=confirms, frame_buffer_size=_FRAMES, on_return_raises=False, timeout=CALL_S
            )
        self._lost_with(channel)
        return cast(Channel, channel)

    async def takes_messages(self) -> bool:
        """False at once while the broker is short of memory or disk, or when the connection is lost."""
        try:
            async with asyncio.timeout(0):
                await self._transport.ready()
        except TimeoutError:
            return False
        return self.open

    async def answers(self, timeout_s: float) -> None:
        """Return when the broker has answered something small. Raises :class:`BrokerAway`."""
        with broker_errors():
            # On a channel of its own: aio-pika closes one that owes an answer for too long.
            async with asyncio.timeout(timeout_s), self._connection.channel(publisher_confirms=False):
                pass

    def _lost_with(self, channel: Wire) -> None:
        channel.closing.add_done_callback(lambda closing: self.give_up(_said(f"channel {channel}", closing)))

    async def close(self) -> None:
        """Close in order; return after 3 s also when the broker does not answer."""
        self.give_up("closed by us")
        if self._closing is None:
            self._closing = asyncio.create_task(self._connection.close())
        # Not cancelled after that: aio-pika goes on until its heartbeat gives the broker up.
        await asyncio.wait({self._closing}, timeout=_CLOSE_S)


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
    with broker_errors():
        async with asyncio.timeout(timeout_s):
            connection = await aio_pika.connect(url, name=name, heartbeat=heartbeat_s, ssl_context=tls)
    if connection.transport is None:
        raise BrokerAway("the connection was closed at once")
    return Connection(connection, connection.transport)


class Link:
    """One connection over time. ``set_up`` prepares each new connection before it counts as open."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Awaitable[Connection]],
        set_up: Callable[[Connection], Awaitable[None]],
    ) -> None:
        self._name = name
        self._connect = connect
        self._set_up = set_up
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Try once, then keep trying in the background. Raises only what no later attempt would change."""
        try:
            await self._open()
        except BrokerAway as error:
            log.warning("broker.away", link=self._name, error=str(error))
        self._task = asyncio.create_task(self._keep(), name=f"broker {self._name}")

    @property
    def open(self) -> bool:
        """Whether there is a connection that is set up."""
        return self._connection is not None and self._connection.open

    async def stop(self) -> None:
        """Close and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _keep(self) -> None:
        delay = _FIRST_DELAY_S
        while True:
            if self._connection is not None:
                reason = await asyncio.shield(self._connection.lost)
                log.warning("broker.lost", link=self._name, error=reason)
                await self._connection.close()
                self._connection = None
            try:
                await self._open()
                delay = _FIRST_DELAY_S
                log.info("broker.back", link=self._name)
            except BrokerAway as error:
                log.info("broker.away", link=self._name, error=str(error), again_in_s=delay)
            except Exception:
                # A broker that came back with another topology: somebody has to look, and it may be put right.
                log.exception("broker.not_usable", link=self._name)
                delay = _LONGEST_DELAY_S
            if self._connection is None:
                await asyncio.sleep(delay * random.uniform(0.75, 1.25))
                delay = min(delay * 2, _LONGEST_DELAY_S)

    async def _open(self) -> None:
        connection = await self._connect()
        try:
            with broker_errors():
                await self._set_up(connection)
        except BaseException:
            await connection.close()
            raise
        self._connection = connection


def _said(what: str, closing: asyncio.Future[object]) -> str:
    error = None if closing.cancelled() else closing.exception()
    return f"{what} closed: {error!r}" if error is not None else f"{what} closed"
