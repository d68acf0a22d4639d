"""The bus over RabbitMQ: confirmed publishing, consumers with verdicts, dead letters, reconnect with back-off.

Two connections, because a broker that is short of memory blocks a connection that publishes, and consumers must
still be able to acknowledge then. Rare calls (dead letters) have one of their own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.connection import make_url

from chassis import faults
from chassis.bus.messages import Outgoing
from chassis.bus.port import Confirmed, DeadLetter, Handler, NotReading, PublishFailed, QueueSpec
from chassis.bus.rabbitmq import topology
from chassis.bus.rabbitmq.connection import Connection, connect
from chassis.bus.rabbitmq.consumer import ATTEMPT, DIED_AT, QUEUE, REASON, Consumer
from chassis.bus.rabbitmq.link import Link
from chassis.bus.rabbitmq.publisher import Publisher

log = structlog.get_logger(__name__)

_REPLAY_BATCH = 100
_TAKEN_BACK_S, _LOOK_EVERY_S = 2.0, 0.02


class RabbitMQBus:
    """Satisfies :class:`chassis.bus.port.Bus`.

    ``prefix`` goes before every name on the broker, so that several installations can share one. ``start`` returns
    even when the broker is away: requests are served, messages wait in the outbox, and the bus keeps trying.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "talkingphoto",
        prefix: str = "",
        publish_timeout_s: float = 5.0,
        heartbeat_s: int = 5,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._url = url
        self._name = name
        self._prefix = prefix
        self._publish_timeout_s = publish_timeout_s
        self._heartbeat_s = heartbeat_s
        self._tls = tls
        self._consumers: dict[str, Consumer] = {}
        self._publisher: Publisher | None = None
        self._publishing = Link(f"{name} publishes", self._connect, self._set_up_publisher)
        self._consuming = Link(f"{name} consumes", self._connect, self._set_up_consumers)
        self._started = False

    def subscribe(self, queue: QueueSpec, handler: Handler) -> None:
        """Deliver this queue's messages to ``handler``. Raises ``ValueError`` for a second one, or after the start."""
        if self._started:
            raise ValueError(f"{queue.name}: subscribe before the bus starts")
        if queue.name in self._consumers:
            raise ValueError(f"queue {queue.name} has a consumer already")
        self._consumers[queue.name] = Consumer(queue, handler, self.publish, self._prefix)

    async def start(self) -> None:
        """Connect, declare and begin to deliver. Raises :class:`chassis.bus.rabbitmq.topology.TopologyMismatch`."""
        self._started = True
        await self._publishing.start()
        if self._consumers:
            await self._consuming.start()

    async def stop(self, grace_s: float = 10.0) -> None:
        """Pause and close; what is not acknowledged goes back."""
        await self.pause(grace_s)
        await asyncio.gather(self._consuming.stop(), self._publishing.stop())

    async def pause(self, grace_s: float = 10.0) -> None:
        """Take no more, let handlers finish within the grace; publishing goes on."""
        await asyncio.gather(*(consumer.stop_reading() for consumer in self._consumers.values()))
        await asyncio.gather(*(consumer.finish(grace_s) for consumer in self._consumers.values()))

    async def publish(self, messages: Sequence[Outgoing], confirmed: Confirmed) -> None:
        """Send and wait for the confirms within the time-out. Raises :class:`PublishFailed`; at once without broker."""
        publisher = self._publisher
        if publisher is None or not publisher.usable:
            raise PublishFailed("there is no connection to the broker, or it takes no messages")
        faults.point("rabbitmq.before_publish")
        await publisher.publish(messages, confirmed, timeout_s=self._publish_timeout_s)
        faults.point("rabbitmq.after_publish")

    async def ready(self) -> None:
        """Return when the broker answers and takes messages; raise :class:`PublishFailed` after 2 s else."""
        if self._publisher is None:
            raise PublishFailed("there is no connection to the broker")
        await self._publisher.ready(timeout_s=2.0)

    async def reading(self) -> None:
        """Return when the queues subscribed to are declared and read; raise :class:`NotReading` at once else."""
        if self._consumers and not self._consuming.open:
            raise NotReading("there is no connection to the broker that reads the queues")

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """The oldest dead letters of a queue; they stay where they are."""
        read: list[AbstractIncomingMessage] = []
        async with self._administration() as channel:
            dead = await channel.get_queue(topology.dead_queue(queue, self._prefix), ensure=False)
            while len(read) < limit and (message := await dead.get(fail=False, timeout=5)) is not None:
                read.append(message)
            await self._give_back(channel, dead.name, read, least=len(read))
        return [_letter(queue, message) for message in read]

    async def replay(self, queue: str, message_ids: Sequence[UUID] | None = None) -> int:
        """Put dead letters back into the queue they came from, as first attempts. Returns how many."""
        wanted = set(message_ids) if message_ids is not None else None
        moved = 0
        async with self._administration() as channel:
            name = topology.dead_queue(queue, self._prefix)
            # What dies again while we replay is not part of this call.
            found = left = await self._depth(channel, name)
            dead = await channel.get_queue(name, ensure=False)
            unwanted: list[AbstractIncomingMessage] = []
            while left:
                batch: list[AbstractIncomingMessage] = []
                while left and len(batch) < _REPLAY_BATCH:
                    left -= 1
                    message = await dead.get(fail=False, timeout=5)
                    if message is None:
                        left = 0
                    elif wanted is None or wanted & {_letter(queue, message).id, _event_id(message.headers)}:
                        batch.append(message)
                    else:
                        unwanted.append(message)
                moved += await self._replay(queue, batch)
            await self._give_back(channel, name, unwanted, least=found - moved)
        return moved

    def queues(self) -> list[str]:
        """Names of the queues subscribed here."""
        return sorted(self._consumers)

    async def depths(self) -> Mapping[str, int]:
        """How many messages wait, by shared queue (its lanes together), and how many are dead."""
        found: dict[str, int] = {}
        specs = [consumer.spec for consumer in self._consumers.values() if consumer.spec.shared]
        async with self._administration() as channel:
            for spec in specs:
                declared = topology.of(spec, prefix=self._prefix)
                found[spec.name] = sum([await self._depth(channel, lane.queue) for lane in declared.lanes])
                found[f"{spec.name}.dead"] = await self._depth(channel, declared.dead)
        return found

    async def _give_back(
        self, channel: AbstractChannel, queue: str, read: Sequence[AbstractIncomingMessage], *, least: int
    ) -> None:
        """Let the queue have again what was only looked at: at ``least`` that many messages wait in it afterwards."""
        for message in read:
            await message.nack(requeue=True)
        if not read:
            return
        # A quorum queue takes them back a moment after it was told to; whoever asks next shall find them.
        with suppress(TimeoutError):
            async with asyncio.timeout(_TAKEN_BACK_S):
                while await self._depth(channel, queue) < least:
                    await asyncio.sleep(_LOOK_EVERY_S)

    @staticmethod
    async def _depth(channel: AbstractChannel, queue: str) -> int:
        found = await channel.declare_queue(queue, passive=True, timeout=5)
        return found.declaration_result.message_count or 0

    async def _replay(self, queue: str, batch: Sequence[AbstractIncomingMessage]) -> int:
        outgoing = {_letter(queue, message).id: message for message in batch}
        safe: set[UUID] = set()
        try:
            await self.publish(
                [
                    Outgoing(
                        id=letter_id,
                        exchange="",
                        routing_key=_source(message),
                        headers=_plain(message.headers),
                        body=message.body,
                    )
                    for letter_id, message in outgoing.items()
                ],
                safe.update,
            )
        finally:
            for letter_id in safe:
                await outgoing[letter_id].ack()
        return len(safe)

    async def _connect(self) -> Connection:
        return await connect(self._url, name=self._name, heartbeat_s=self._heartbeat_s, tls=self._tls)

    async def _set_up_publisher(self, connection: Connection) -> None:
        await topology.declare_exchanges(await connection.channel(), prefix=self._prefix)
        self._publisher = await Publisher.on(connection, prefix=self._prefix)

    async def _set_up_consumers(self, connection: Connection) -> None:
        declaring = await connection.channel()
        await topology.declare_exchanges(declaring, prefix=self._prefix)
        for consumer in self._consumers.values():
            await consumer.attach(connection, declaring)

    @asynccontextmanager
    async def _administration(self) -> AsyncIterator[AbstractChannel]:
        connection = aio_pika.Connection(make_url(self._url), ssl_context=self._tls)
        try:
            # In here, because what could not connect would close itself wherever it is collected.
            await connection.connect(timeout=5)
            yield await connection.channel()
        finally:
            await asyncio.wait_for(connection.close(), timeout=5)


def _letter(queue: str, message: AbstractIncomingMessage) -> DeadLetter:
    headers = message.headers
    died_at = headers.get(DIED_AT)
    attempt = headers.get(ATTEMPT, 1)
    return DeadLetter(
        id=_letter_id(message),
        queue=queue,
        headers=_plain(headers),
        body=message.body,
        attempt=attempt if isinstance(attempt, int) else 1,
        reason=str(headers.get(REASON) or headers.get("x-first-death-reason", "unknown")),
        died_at=datetime.fromisoformat(str(died_at)) if died_at else _died_by_broker(headers),
    )


def _letter_id(message: AbstractIncomingMessage) -> UUID:
    try:
        return UUID(message.message_id or "")
    except ValueError:
        return uuid5(NAMESPACE_OID, message.body.hex())


def _event_id(headers: Mapping[str, object]) -> UUID | None:
    try:
        return UUID(str(headers.get("cloudEvents:id")))
    except ValueError:
        return None


def _source(message: AbstractIncomingMessage) -> str:
    return str(message.headers.get(QUEUE) or message.headers.get("x-first-death-queue", ""))


def _died_by_broker(headers: Mapping[str, object]) -> datetime:
    """When the broker itself gave up a message (delivery limit): the time of its first death."""
    deaths = headers.get("x-death")
    if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict):
        time = deaths[0].get("time")
        if isinstance(time, datetime):
            return time.astimezone(UTC)
    return datetime.now(UTC)


def _plain(headers: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in headers.items() if not name.startswith("x-")}
