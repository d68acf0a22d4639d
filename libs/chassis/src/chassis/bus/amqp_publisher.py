"""Confirmed publishing in batches: one socket write per batch, confirms counted as they come.

A message is confirmed when the broker has acknowledged it and has not returned it. A mandatory message that no
queue takes is first returned and then acknowledged, so an acknowledgement alone proves nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from pamqp import commands

from chassis.bus import amqp_wire as wire
from chassis.bus.amqp_connection import AmqpError, Channel, Connection
from chassis.bus.messages import Outgoing
from chassis.bus.port import Confirmed, PublishFailed

_CHUNK = 512
"""Messages framed and written at a time, so that a large batch does not hold the event loop."""

_MAX_UNCONFIRMED = 8192


class _Batch:
    """What one call of :meth:`Publisher.publish` waits for."""

    __slots__ = ("acked", "confirmed", "done", "failed", "open", "sent")

    def __init__(self, confirmed: Confirmed) -> None:
        self.confirmed = confirmed
        self.open = 0
        self.failed = 0
        self.sent = False
        self.acked: list[UUID] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def finish_if_settled(self) -> None:
        if self.sent and self.open == 0 and not self.done.done():
            self.done.set_result(None)


class Publisher:
    """Publishes on a channel of its own. Made by :meth:`on`; of no use once its connection is lost."""

    def __init__(self, channel: Channel, prefix: str) -> None:
        self._channel = channel
        self._prefix = prefix
        self._next_tag = 1
        self._oldest_tag = 1
        self._pending: dict[int, tuple[_Batch, UUID]] = {}
        self._returned: dict[str, int] = {}
        self._room = asyncio.Event()
        self._room.set()
        channel.on_confirm = self._on_confirm
        channel.on_return = self._on_return
        channel.on_closed = self._on_closed

    @classmethod
    async def on(cls, connection: Connection, *, prefix: str = "") -> Publisher:
        """Open a confirming channel. ``prefix`` goes before every exchange name but the default one's."""
        channel = await connection.channel()
        await channel.call(commands.Confirm.Select())
        return cls(channel, prefix)

    @property
    def usable(self) -> bool:
        """Whether a message may be sent."""
        return self._channel.closed is None and not self._channel.connection.blocked

    @property
    def unconfirmed(self) -> int:
        """Messages sent and not settled."""
        return len(self._pending)

    async def publish(self, messages: Sequence[Outgoing], confirmed: Confirmed, *, timeout_s: float) -> None:
        """Send, and wait until every message is settled. ``confirmed`` may still be called after a time-out.

        Raises :class:`PublishFailed` when some are refused, returned, or not confirmed within ``timeout_s``.
        """
        if self._channel.connection.blocked:
            raise PublishFailed("the broker takes no messages: it is short of memory or disk")
        batch = _Batch(confirmed)
        try:
            async with asyncio.timeout(timeout_s):
                for start in range(0, len(messages), _CHUNK):
                    await self._room.wait()
                    await self._channel.connection.writable()
                    self._send(messages[start : start + _CHUNK], batch)
                batch.sent = True
                batch.finish_if_settled()
                await batch.done
        except TimeoutError as error:
            raise PublishFailed(f"{batch.open} of {len(messages)} messages not confirmed in {timeout_s} s") from error
        except AmqpError as error:
            raise PublishFailed(f"{batch.open} of {len(messages)} messages not confirmed: {error}") from error
        if batch.failed:
            raise PublishFailed(f"{batch.failed} of {len(messages)} messages have no queue or were refused")

    async def ready(self, *, timeout_s: float) -> None:
        """Ask the broker something small. Raises :class:`PublishFailed` when it does not answer in time."""
        if self._channel.connection.blocked:
            raise PublishFailed("the broker takes no messages: it is short of memory or disk")
        try:
            await self._channel.call(
                commands.Exchange.Declare(exchange="amq.direct", passive=True), timeout_s=timeout_s
            )
        except (AmqpError, TimeoutError) as error:
            raise PublishFailed(f"the broker does not answer: {error!r}") from error

    def _send(self, messages: Sequence[Outgoing], batch: _Batch) -> None:
        number, frame_max, prefix = self._channel.number, self._channel.connection.frame_max, self._prefix
        frames: list[bytes] = []
        tag = self._next_tag
        pending: dict[int, tuple[_Batch, UUID]] = {}
        for message in messages:
            frames.append(
                wire.publish_frames(
                    number,
                    prefix + message.exchange if message.exchange else "",
                    message.routing_key,
                    message.headers,
                    message.body,
                    message_id=str(message.id),
                    mandatory=message.mandatory,
                    frame_max=frame_max,
                )
            )
            pending[tag] = (batch, message.id)
            tag += 1
        # Bookkeeping first: from here on nothing may fail between counting a message and writing it.
        self._channel.write(b"".join(frames))
        self._pending.update(pending)
        batch.open += len(messages)
        self._next_tag = tag
        if len(self._pending) >= _MAX_UNCONFIRMED:
            self._room.clear()

    def _on_return(self, message_id: str) -> None:
        self._returned[message_id] = self._returned.get(message_id, 0) + 1

    def _on_confirm(self, tag: int, multiple: bool, ok: bool) -> None:
        touched: dict[int, _Batch] = {}
        pending = self._pending
        for settled in range(self._oldest_tag, tag + 1) if multiple else (tag,):
            entry = pending.pop(settled, None)
            if entry is None:
                continue
            batch, message_id = entry
            batch.open -= 1
            touched[id(batch)] = batch
            if not ok or (self._returned and self._was_returned(str(message_id))):
                batch.failed += 1
            else:
                batch.acked.append(message_id)
        if multiple:
            self._oldest_tag = max(self._oldest_tag, tag + 1)
        for batch in touched.values():
            if batch.acked:
                acked, batch.acked = batch.acked, []
                batch.confirmed(acked)
            batch.finish_if_settled()
        if len(pending) < _MAX_UNCONFIRMED:
            self._room.set()

    def _was_returned(self, message_id: str) -> bool:
        count = self._returned.pop(message_id, 0)
        if count > 1:
            self._returned[message_id] = count - 1
        return count > 0

    def _on_closed(self, error: AmqpError) -> None:
        batches = {id(batch): batch for batch, _ in self._pending.values()}
        self._pending.clear()
        self._room.set()
        for batch in batches.values():
            if not batch.done.done():
                batch.done.set_exception(error)
                # Whoever waited may have timed out already.
                batch.done.exception()
