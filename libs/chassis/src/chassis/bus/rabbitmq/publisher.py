"""Confirmed publishing in batches: a batch is written in one go, and its confirms are awaited together.

A message is confirmed when the broker has acknowledged it and has not returned it: a mandatory message that no queue
takes is first returned and then acknowledged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from aiormq import Channel, spec

from chassis.bus.messages import Outgoing
from chassis.bus.port import Confirmed, PublishFailed
from chassis.bus.rabbitmq.connection import BrokerAway, Connection

_MAX_UNCONFIRMED = 1024
"""Each confirm of several messages at once goes through all that are on their way."""


class NotTaken(Exception):
    """The broker has returned the message: no queue takes it."""


class _Batch:
    """What one call of :meth:`Publisher.publish` waits for."""

    __slots__ = ("_confirmed", "_safe", "awaited", "error", "left", "settled")

    def __init__(self, size: int, confirmed: Confirmed) -> None:
        self._confirmed = confirmed
        self._safe: list[UUID] = []
        self.left = size
        self.error: BaseException | None = None
        self.awaited = True
        self.settled = asyncio.Event()

    def settle(self, message_id: UUID, error: BaseException | None) -> None:
        self.left -= 1
        if error is None:
            self._safe.append(message_id)
        else:
            self.error = error
        if not self.left:
            self.settled.set()
        if not self.awaited:
            self.tell()

    def tell(self) -> None:
        """Report what is safe and has not been reported."""
        if self._safe:
            safe, self._safe = self._safe, []
            self._confirmed(safe)


class Publisher:
    """Publishes on a channel of its own. Made by :meth:`on`; of no use once its connection is lost."""

    def __init__(self, connection: Connection, channel: Channel, prefix: str) -> None:
        self._connection = connection
        self._channel = channel
        self._prefix = prefix
        self._room = asyncio.Semaphore(_MAX_UNCONFIRMED)
        self._unconfirmed: dict[asyncio.Task[None], UUID] = {}
        self._last: dict[UUID, asyncio.Task[None]] = {}
        connection.lost.add_done_callback(self._on_lost)

    @classmethod
    async def on(cls, connection: Connection, *, prefix: str = "") -> Publisher:
        """Open a confirming channel. ``prefix`` goes before every exchange name but the default one's."""
        return cls(connection, await connection.channel(confirms=True), prefix)

    @property
    def usable(self) -> bool:
        """Whether the connection is there; the broker may still take no messages for a while."""
        return self._connection.open

    @property
    def unconfirmed(self) -> int:
        """Messages sent and not settled."""
        return len(self._unconfirmed)

    async def publish(self, messages: Sequence[Outgoing], confirmed: Confirmed, *, timeout_s: float) -> None:
        """Send, and wait until every message is settled. ``confirmed`` may still be called after a time-out.

        Raises :class:`PublishFailed` when some are refused, returned, or not confirmed within ``timeout_s``.
        """
        if not messages:
            return
        await self._check()
        batch = _Batch(len(messages), confirmed)
        try:
            async with asyncio.timeout(timeout_s):
                for message in messages:
                    await self._room.acquire()
                    self._send(message, batch)
                await batch.settled.wait()
        except TimeoutError as error:
            raise PublishFailed(f"{batch.left} of {len(messages)} messages not confirmed in {timeout_s} s") from error
        finally:
            batch.awaited = False
            batch.tell()
        if batch.error is not None:
            raise PublishFailed(f"not all of {len(messages)} messages are confirmed: {batch.error!r}") from batch.error

    async def ready(self, *, timeout_s: float) -> None:
        """Ask the broker something small. Raises :class:`PublishFailed` when it does not answer in time."""
        await self._check()
        try:
            await self._connection.answers(timeout_s)
        except BrokerAway as error:
            raise PublishFailed(f"the broker does not answer: {error}") from error

    async def _check(self) -> None:
        if not await self._connection.takes_messages():
            raise PublishFailed("the connection to the broker is lost, or the broker is short of memory or disk")

    def _send(self, message: Outgoing, batch: _Batch) -> None:
        # A task each, because aio-pika's publish returns with the confirm. It outlives a time-out and its caller.
        sending = asyncio.create_task(self._publish(message, self._last.get(message.id)))
        self._unconfirmed[sending] = message.id
        self._last[message.id] = sending
        sending.add_done_callback(partial(self._on_settled, batch))

    async def _publish(self, message: Outgoing, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            # aio-pika tells returned messages apart by their id alone.
            await asyncio.wait({before})
        if not self._connection.open:
            raise BrokerAway("the connection is lost")
        kind = message.headers.get("cloudEvents:type", "")
        answer = await self._channel.basic_publish(
            message.body,
            exchange=self._prefix + message.exchange if message.exchange else "",
            routing_key=message.routing_key,
            properties=spec.Basic.Properties(
                content_type="application/json",
                headers=dict(message.headers),
                delivery_mode=2,
                message_id=str(message.id),
                message_type=kind,
            ),
            mandatory=message.mandatory,
            wait=False,
        )
        if not isinstance(answer, spec.Basic.Ack):
            raise NotTaken(message.routing_key)

    def _on_settled(self, batch: _Batch, sending: asyncio.Task[None]) -> None:
        self._room.release()
        message_id = self._unconfirmed.pop(sending)
        if self._last.get(message_id) is sending:
            del self._last[message_id]
        lost = BrokerAway("the connection was lost before the confirm")
        batch.settle(message_id, lost if sending.cancelled() else sending.exception())

    def _on_lost(self, _: asyncio.Future[str]) -> None:
        # Some may wait to be written, for ever.
        for sending in self._unconfirmed:
            sending.cancel()
