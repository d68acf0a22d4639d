"""One consumer's queue on RabbitMQ: batches of what has arrived, one batch in hand, verdicts carried out.

A message is acknowledged only after what its verdict asks for is safe: the handler's commit, or the broker's confirm
that it is in the waiting queue or among the dead letters. What cannot be settled stays unacknowledged, so that
closing the channel returns it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from aiormq import Channel
from aiormq.abc import DeliveredMessage

from chassis import faults, ids
from chassis.bus import lanes as lane_order
from chassis.bus.messages import Delivery, Outgoing
from chassis.bus.port import Acknowledge, Bury, Confirmed, Handler, PublishFailed, QueueSpec, Retry, Verdict
from chassis.bus.rabbitmq import topology
from chassis.bus.rabbitmq.connection import CALL_S, BrokerAway, Connection, broker_errors

log = structlog.get_logger(__name__)

ATTEMPT, REASON, DIED_AT, QUEUE = "x-attempt", "x-reason", "x-died-at", "x-queue"
"""Headers of our own on messages that wait or are dead. Everything that begins with ``x-`` is the bus' business."""

Publish = Callable[[Sequence[Outgoing], Confirmed], Awaitable[None]]


@dataclass(slots=True)
class _Parcel:
    lane: _OpenLane
    tag: int
    message_id: str
    delivery: Delivery


@dataclass(slots=True)
class _OpenLane:
    """A queue being read on a channel of its own."""

    connection: Connection
    channel: Channel
    lane: topology.Lane
    dead: str
    consumer: str
    waiting: deque[_Parcel] = field(default_factory=deque)


class Consumer:
    """Reads the lanes of one queue over whichever connection it is attached to."""

    def __init__(self, spec: QueueSpec, handler: Handler, publish: Publish, prefix: str) -> None:
        self.spec = spec
        self._handler = handler
        self._publish = publish
        self._prefix = prefix
        self._lanes: list[_OpenLane] = []
        self._wake = asyncio.Event()
        self._turn = 0
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def attach(self, connection: Connection, declaring: Channel) -> None:
        """Declare the queues and begin to read them. What was in hand on another connection comes again."""
        declared = topology.of(self.spec, prefix=self._prefix, instance=ids.uuid7().hex)
        await topology.declare(declaring, declared, prefix=self._prefix)
        self._lanes = [await self._open(connection, lane, declared.dead) for lane in declared.lanes]
        # What was delivered before its lane was among those that are read has woken nobody.
        self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"consume {self.spec.name}")

    async def stop_reading(self) -> None:
        """Ask the broker for no more, and take no further batch. Once is enough."""
        if self._stopping:
            return
        self._stopping = True
        self._wake.set()
        await asyncio.gather(*(_cancel(lane) for lane in self._lanes))

    async def finish(self, grace_s: float) -> None:
        """Wait for the batch in hand, interrupt it after the grace."""
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=grace_s)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _open(self, connection: Connection, lane: topology.Lane, dead: str) -> _OpenLane:
        channel = await connection.channel()
        await channel.basic_qos(prefetch_count=self.spec.prefetch, timeout=CALL_S)
        opened = _OpenLane(connection, channel, lane, dead, consumer=ids.uuid7().hex)

        async def deliver(message: DeliveredMessage) -> None:
            if connection.open:
                opened.waiting.append(_parcel(self.spec.name, opened, message))
                self._wake.set()

        # What waits comes again on another connection.
        connection.lost.add_done_callback(lambda _: opened.waiting.clear())
        channel.on_consumer_cancel_callbacks.add(
            lambda _: connection.give_up(f"the broker ended the consumer of {lane.queue}")
        )
        await channel.basic_consume(lane.queue, deliver, consumer_tag=opened.consumer, timeout=CALL_S)
        return opened

    async def _run(self) -> None:
        while not self._stopping:
            batch = lane_order.take([lane.waiting for lane in self._lanes], self.spec.batch, self._turn)
            if not batch:
                self._wake.clear()
                await self._wake.wait()
                continue
            self._turn += len(batch)
            try:
                await self._settle(batch, await self._verdicts(batch))
            except Exception as error:
                # Whatever it was, the messages are not settled: a new connection delivers them again.
                log.exception("consumer.not_settled", queue=self.spec.name)
                batch[0].lane.connection.give_up(f"{self.spec.name} could not settle: {error!r}")

    async def _verdicts(self, batch: Sequence[_Parcel]) -> Sequence[Verdict]:
        try:
            return await self._handler([parcel.delivery for parcel in batch])
        except Exception as error:
            # A handler promises not to raise; if one does, nothing may be lost and the queue must go on.
            log.exception("consumer.handler_raised", queue=self.spec.name)
            return [Retry(topology.OUTAGE_DELAY_S, repr(error))] * len(batch)

    async def _settle(self, batch: Sequence[_Parcel], verdicts: Sequence[Verdict]) -> None:
        done: list[_Parcel] = []
        moves: dict[UUID, list[tuple[_Parcel, Outgoing]]] = defaultdict(list)
        for parcel, verdict in zip(batch, verdicts, strict=True):
            if isinstance(verdict, Acknowledge):
                done.append(parcel)
            else:
                moved = _moved(parcel, verdict)
                moves[moved.id].append((parcel, moved))
        left = await _acknowledge(batch, done)
        delay = 0.1
        while left and not self._stopping and any(parcel.lane.connection.open for parcel in left):
            safe: set[UUID] = set()
            try:
                await self._publish(
                    [move for parcels in moves.values() for _, move in parcels],
                    safe.update,
                )
            except PublishFailed as error:
                log.warning("consumer.not_moved", queue=self.spec.name, messages=len(left), error=str(error))
            left = await _acknowledge(left, [parcel for key in safe for parcel, _ in moves.pop(key, ())])
            if left:
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5)


async def _cancel(lane: _OpenLane) -> None:
    try:
        with broker_errors():
            await lane.channel.basic_cancel(lane.consumer, timeout=2)
    except BrokerAway as error:
        log.info("consumer.not_cancelled", queue=lane.lane.queue, error=str(error))


async def _acknowledge(batch: Sequence[_Parcel], done: Sequence[_Parcel]) -> list[_Parcel]:
    """Acknowledge what is done, by one frame as far as a lane's messages are done from the first on. Returns the rest.

    Works because a consumer has one batch in hand: everything on a channel before it is settled.
    """
    if not done:
        return list(batch)
    finished = {id(parcel) for parcel in done}
    lanes: dict[int, list[_Parcel]] = defaultdict(list)
    for parcel in batch:
        lanes[id(parcel.lane)].append(parcel)
    faults.point("rabbitmq.before_ack")
    for parcels in lanes.values():
        prefix = next((index for index, parcel in enumerate(parcels) if id(parcel) not in finished), len(parcels))
        single = [parcel.tag for parcel in parcels[prefix:] if id(parcel) in finished]
        await _send_acknowledgements(parcels[0].lane, parcels[prefix - 1].tag if prefix else None, single)
    faults.point("rabbitmq.after_ack")
    return [parcel for parcel in batch if id(parcel) not in finished]


async def _send_acknowledgements(lane: _OpenLane, up_to: int | None, single: Sequence[int]) -> None:
    """Write them, and wait for nothing. On a lost connection they are not needed: the inbox knows what comes again."""
    if not lane.connection.open:
        return
    try:
        with broker_errors():
            async with asyncio.timeout(CALL_S):
                if up_to is not None:
                    await lane.channel.basic_ack(up_to, multiple=True, wait=False)
                for tag in single:
                    await lane.channel.basic_ack(tag, wait=False)
    except BrokerAway as error:
        lane.connection.give_up(f"acknowledgements of {lane.lane.queue} were not sent: {error}")


def _parcel(name: str, lane: _OpenLane, message: DeliveredMessage) -> _Parcel:
    properties = message.header.properties
    headers: dict[str, Any] = properties.headers or {}
    attempt = headers.get(ATTEMPT)
    again = bool(message.redelivered) or attempt is not None
    if again:
        headers = _as_sent(headers)
    delivery = Delivery(name, headers, message.body, attempt if isinstance(attempt, int) else 1, again)
    return _Parcel(lane, message.delivery_tag or 0, properties.message_id or "", delivery)


def _as_sent(headers: Mapping[str, object]) -> dict[str, Any]:
    """Without what the broker and we have added on the way."""
    return {key: value for key, value in headers.items() if not key.startswith("x-")}


def _moved(parcel: _Parcel, verdict: Retry | Bury) -> Outgoing:
    delivery, lane = parcel.delivery, parcel.lane
    headers = _as_sent(delivery.headers)
    try:
        known = UUID(parcel.message_id)
    except ValueError:
        # A foreign publisher: from here on the message has an id.
        known = ids.uuid7()
    match verdict:
        case Retry(delay_s=delay_s, counted=counted):
            target = lane.lane.waiting_queue(delay_s)
            headers[ATTEMPT] = delivery.attempt + 1 if counted else delivery.attempt
        case Bury(reason=reason):
            target = lane.dead
            headers |= {
                ATTEMPT: delivery.attempt,
                REASON: reason[:2000],
                DIED_AT: datetime.now(UTC).isoformat(),
                QUEUE: lane.lane.queue,
            }
    return Outgoing(id=known, exchange="", routing_key=target, headers=headers, body=delivery.body)
