"""One AMQP 0-9-1 connection as an asyncio protocol, with time-outs on everything that waits.

The connection knows frames, channels, heartbeats and flow control; what acknowledgements and deliveries mean is
the business of whoever listens on a channel. Nothing here reconnects: a lost connection stays lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import structlog
from pamqp import base, commands, decode, header
from pamqp import frame as codec
from pamqp.exceptions import PAMQPException

from chassis.bus import amqp_wire as wire

log = structlog.get_logger(__name__)

_CAPABILITIES: dict[str, Any] = {
    "publisher_confirms": True,
    "basic.nack": True,
    "consumer_cancel_notify": True,
    "connection.blocked": True,
    "authentication_failure_close": True,
}
_FRAME_MAX = 131072
_WRITE_BUFFER = 4 * 1024 * 1024


class AmqpError(ConnectionError):
    """Something of the connection does not work, or no longer."""


class ConnectionLost(AmqpError):
    """The connection is gone; a new one may work."""


class ChannelClosed(AmqpError):
    """The broker closed one channel, with AMQP's reply code and its reason."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of ``amqp[s]://user:password@host:port/vhost``."""

    host: str
    port: int
    user: str
    password: str
    vhost: str
    secure: bool

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read a URL; absent parts have RabbitMQ's defaults. Raises ``ValueError`` for another scheme."""
        parts = urlsplit(url)
        if parts.scheme not in ("amqp", "amqps"):
            raise ValueError("the broker's URL has to start with amqp:// or amqps://")
        secure = parts.scheme == "amqps"
        return cls(
            host=parts.hostname or "localhost",
            port=parts.port or (5671 if secure else 5672),
            user=unquote(parts.username or "guest"),
            password=unquote(parts.password or "guest"),
            vhost=unquote(parts.path[1:]) or "/",
            secure=secure,
        )


class Channel:
    """One channel. Listeners are plain attributes, called from the protocol as frames arrive."""

    def __init__(self, connection: Connection, number: int) -> None:
        self.connection = connection
        self.number = number
        self.closed: AmqpError | None = None
        self.on_confirm: Callable[[int, bool, bool], None] | None = None
        """Called with delivery tag, "multiple", and False for a nack."""
        self.on_return: Callable[[str], None] | None = None
        """Called with the message id of a mandatory message that no queue took."""
        self.on_delivery: Callable[[int, bool, dict[str, Any], str, bytes], None] | None = None
        """Called with delivery tag, "redelivered", headers, message id and body."""
        self.on_cancelled: Callable[[], None] | None = None
        """Called when the broker ends a consumer, for instance because its queue was deleted."""
        self.on_closed: Callable[[AmqpError], None] | None = None
        self._answer: asyncio.Future[base.Frame] | None = None
        self._turn = asyncio.Lock()
        self._content: bytes | None = None
        self._headers: tuple[dict[str, Any], str] = ({}, "")
        self._missing = 0
        self._parts: list[bytes] = []

    async def call(self, method: base.Frame, *, timeout_s: float = 5.0) -> base.Frame:
        """Send a synchronous method and return its answer. Raises :class:`AmqpError`, ``TimeoutError``."""
        async with asyncio.timeout(timeout_s), self._turn:
            self._check()
            self._answer = asyncio.get_running_loop().create_future()
            try:
                self.write(codec.marshal(method, self.number))
                return await self._answer
            finally:
                self._answer = None

    def write(self, frames: bytes) -> None:
        """Send frames made by :mod:`chassis.bus.amqp_wire`. Raises :class:`AmqpError` when the channel is closed."""
        self._check()
        self.connection.write(frames)

    def _check(self) -> None:
        if self.closed is not None:
            raise self.closed

    def method(self, payload: bytes) -> None:
        """A method frame has arrived."""
        key = (int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big"))
        if key == wire.ACK or key == wire.NACK:
            tag, bits = wire.tag_and_bits(payload)
            if self.on_confirm is not None:
                self.on_confirm(tag, bool(bits & 1), key == wire.ACK)
        elif key in (wire.DELIVER, wire.RETURN):
            self._content = payload
        else:
            self._rare(_decode(payload))

    def content_header(self, payload: bytes) -> None:
        """A content header frame has arrived."""
        self._missing, headers, message_id = wire.content(payload)
        self._headers = (headers, message_id)
        if self._missing == 0:
            self._complete(b"")

    def content_body(self, payload: bytes) -> None:
        """A body frame has arrived."""
        self._missing -= len(payload)
        if self._missing > 0:
            self._parts.append(payload)
        elif self._parts:
            self._parts.append(payload)
            self._complete(b"".join(self._parts))
            self._parts = []
        else:
            self._complete(payload)

    def fail(self, error: AmqpError) -> None:
        """The channel is no more."""
        if self.closed is not None:
            return
        self.closed = error
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        if self.on_closed is not None:
            self.on_closed(error)

    def _complete(self, body: bytes) -> None:
        method, self._content = self._content, None
        headers, message_id = self._headers
        if method is None:
            raise ConnectionLost("content without a method")
        if method[3] == wire.RETURN[1]:
            if self.on_return is not None:
                self.on_return(message_id)
        elif self.on_delivery is not None:
            tag, redelivered = wire.delivery_tag(method)
            self.on_delivery(tag, redelivered, headers, message_id, body)

    def _rare(self, method: base.Frame) -> None:
        if isinstance(method, commands.Channel.Close):
            self.connection.write(codec.marshal(commands.Channel.CloseOk(), self.number))
            self.fail(ChannelClosed(method.reply_code or 0, method.reply_text or ""))
        elif isinstance(method, commands.Basic.Cancel):
            if self.on_cancelled is not None:
                self.on_cancelled()
        elif self._answer is not None and not self._answer.done():
            self._answer.set_result(method)


class Connection(asyncio.Protocol):
    """An open connection. Made by :func:`connect`."""

    def __init__(self, address: Address, name: str, heartbeat_s: int) -> None:
        self._address = address
        self._name = name
        self._heartbeat_s = heartbeat_s
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._channels: dict[int, Channel] = {}
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._heard_at = self._loop.time()
        self._writable = asyncio.Event()
        self._writable.set()
        self.frame_max = _FRAME_MAX
        self.blocked = False
        """The broker takes no messages for now: it is short of memory or disk."""
        self.lost: asyncio.Future[AmqpError] = self._loop.create_future()
        """Done when the connection is gone, with the reason."""

    @property
    def open(self) -> bool:
        """Whether frames can be sent."""
        return not self.lost.done()

    async def opened(self) -> None:
        """Return when the handshake is complete."""
        await self._opened

    async def channel(self, *, timeout_s: float = 5.0) -> Channel:
        """Open a channel."""
        number = len(self._channels) + 1
        created = self._channels[number] = Channel(self, number)
        if not self.open:
            created.fail(self.lost.result())
        await created.call(commands.Channel.Open(), timeout_s=timeout_s)
        return created

    def write(self, frames: bytes) -> None:
        """Hand bytes to the socket; wait with :meth:`writable` before sending much."""
        if self._transport is None or self.lost.done():
            raise ConnectionLost("the connection to the broker is closed")
        self._transport.write(frames)

    async def writable(self) -> None:
        """Return when the socket takes more. Raises :class:`ConnectionLost`."""
        await self._writable.wait()
        if self.lost.done():
            raise self.lost.result()

    async def close(self, *, timeout_s: float = 2.0) -> None:
        """Close in order; by force when the broker does not answer in time."""
        if self.open:
            with contextlib.suppress(TimeoutError, AmqpError):
                self.write(codec.marshal(commands.Connection.Close(200, "bye", 0, 0), 0))
                async with asyncio.timeout(timeout_s):
                    await asyncio.shield(self.lost)
        self.abort(ConnectionLost("closed by us"))

    def abort(self, reason: AmqpError) -> None:
        """Cut the connection now."""
        self._end(reason)
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        self._transport.write(header.ProtocolHeader().marshal())

    def connection_lost(self, error: Exception | None) -> None:
        """The socket is closed."""
        self._end(ConnectionLost(f"the broker closed the connection{f': {error}' if error else ''}"))

    def pause_writing(self) -> None:
        """The socket is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The socket has room again."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Split what has arrived into frames."""
        self._heard_at = self._loop.time()
        buffer = self._rest + data if self._rest else data
        position, length = 0, len(buffer)
        unpack, channels = wire.frame_head.unpack_from, self._channels
        try:
            while length - position >= wire.FRAME_OVERHEAD:
                kind, number, size = unpack(buffer, position)
                end = position + 7 + size
                if end >= length:
                    if kind > wire.HEARTBEAT:
                        raise ConnectionLost(f"the peer does not speak AMQP 0-9-1: {buffer[:16]!r}")
                    break
                if buffer[end] != wire.FRAME_END:
                    raise ConnectionLost("a frame does not end where it should")
                payload = buffer[position + 7 : end]
                position = end + 1
                if number == 0:
                    if kind == wire.METHOD:
                        self._control(_decode(payload))
                    continue
                channel = channels[number]
                if kind == wire.METHOD:
                    channel.method(payload)
                elif kind == wire.HEADER:
                    channel.content_header(payload)
                else:
                    channel.content_body(payload)
        except ConnectionLost as error:
            self.abort(error)
        except (KeyError, ValueError, IndexError, struct.error, PAMQPException) as error:
            self.abort(ConnectionLost(f"the broker sent something unreadable: {error!r}"))
        self._rest = buffer[position:]

    def _control(self, method: base.Frame) -> None:
        if isinstance(method, commands.Connection.Start):
            login = f"\0{self._address.user}\0{self._address.password}"
            self._answer(
                commands.Connection.StartOk(
                    {"product": "talkingphoto", "connection_name": self._name, "capabilities": _CAPABILITIES},
                    "PLAIN",
                    login,
                    "en_US",
                )
            )
        elif isinstance(method, commands.Connection.Tune):
            self.frame_max = min(method.frame_max or _FRAME_MAX, _FRAME_MAX)
            beat = min(filter(None, (method.heartbeat, self._heartbeat_s)), default=0)
            self._answer(commands.Connection.TuneOk(method.channel_max, self.frame_max, beat))
            self._answer(commands.Connection.Open(self._address.vhost))
            if beat:
                self._beat(beat)
        elif isinstance(method, commands.Connection.OpenOk):
            if not self._opened.done():
                self._opened.set_result(None)
        elif isinstance(method, commands.Connection.Close):
            self._answer(commands.Connection.CloseOk())
            raise ConnectionLost(f"the broker closed the connection: {method.reply_code} {method.reply_text}")
        elif isinstance(method, commands.Connection.CloseOk):
            raise ConnectionLost("closed by us")
        elif isinstance(method, commands.Connection.Blocked):
            log.warning("broker.blocked", reason=method.reason)
            self.blocked = True
        elif isinstance(method, commands.Connection.Unblocked):
            log.info("broker.unblocked")
            self.blocked = False

    def _answer(self, method: base.Frame) -> None:
        self.write(codec.marshal(method, 0))

    def _beat(self, seconds: int) -> None:
        if self.lost.done():
            return
        if self._loop.time() - self._heard_at > 2 * seconds:
            self.abort(ConnectionLost(f"the broker has been silent for {2 * seconds} s"))
            return
        self.write(wire.HEARTBEAT_FRAME)
        self._timer = self._loop.call_later(seconds / 2, self._beat, seconds)

    def _end(self, reason: AmqpError) -> None:
        if self.lost.done():
            return
        self.lost.set_result(reason)
        if self._timer is not None:
            self._timer.cancel()
        self._writable.set()
        if not self._opened.done():
            self._opened.set_exception(reason)
        for channel in self._channels.values():
            channel.fail(reason)


async def connect(
    url: str,
    *,
    name: str = "talkingphoto",
    heartbeat_s: int = 10,
    timeout_s: float = 5.0,
    tls: ssl.SSLContext | None = None,
) -> Connection:
    """Connect and log in. Raises :class:`AmqpError` saying why, ``TimeoutError``, ``OSError``."""
    address = Address.parse(url)
    context = (tls or ssl.create_default_context()) if address.secure else None
    connection: Connection | None = None
    try:
        async with asyncio.timeout(timeout_s):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(address, name, heartbeat_s), address.host, address.port, ssl=context
            )
            await connection.opened()
    except BaseException:
        if connection is not None:
            connection.abort(ConnectionLost("the handshake did not complete"))
        raise
    return connection


def _decode(payload: bytes) -> base.Frame:
    _, index = decode.long_int(payload[:4])
    method: base.Frame = commands.INDEX_MAPPING[index]()
    method.unmarshal(payload[4:])
    return method
