"""The bus inside one process. Outbox rows are its durable queue: a row goes when every consumer has committed.

A crash therefore loses nothing: at the next start the relay publishes what is left, and inboxes absorb what some
consumers had already done. Dead letters need a place that survives, which is handed in.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog

from chassis.bus.messages import Delivery, Outgoing
from chassis.bus.port import (
    Acknowledge,
    Bury,
    Confirmed,
    DeadLetter,
    Handler,
    NotReading,
    PublishFailed,
    QueueSpec,
    Retry,
    Verdict,
)

log = structlog.get_logger(__name__)

_AGAIN_S = 1.0
"""When a message comes again that our own side could not take."""


class DeadLetterStore(Protocol):
    """Where dead letters of the in-process bus are kept (see :mod:`chassis.messaging.dead_letters`)."""

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Keep one; returns when it is durable."""
        ...

    async def letters(self, queue: str, limit: int) -> list[DeadLetter]:
        """The oldest of a queue."""
        ...

    async def replay(self, queue: str, message_ids: Sequence[UUID] | None) -> int:
        """Move letters back to the outbox, addressed to their queue; returns how many."""
        ...


class _Settlement:
    """Counts down the queues that still have to commit one published message."""

    __slots__ = ("confirmed", "ended", "id", "open")

    def __init__(self, message_id: UUID, queues: int, confirmed: Confirmed) -> None:
        self.id = message_id
        self.open = queues
        self.confirmed = confirmed
        self.ended = asyncio.Event()
        """Set when every queue is done, or when the bus stops before that."""

    def one_done(self) -> None:
        self.open -= 1
        if self.open == 0:
            self.confirmed([self.id])
            self.ended.set()


@dataclass(slots=True)
class _Parcel:
    delivery: Delivery
    settlement: _Settlement


class _Queue:
    def __init__(self, spec: QueueSpec, handler: Handler) -> None:
        self.spec = spec
        self.handler = handler
        self.waiting: asyncio.Queue[_Parcel] = asyncio.Queue()
        self.busy = False

    async def next_batch(self) -> list[_Parcel]:
        batch = [await self.waiting.get()]
        while len(batch) < self.spec.batch and not self.waiting.empty():
            batch.append(self.waiting.get_nowait())
        return batch


class InProcessBus:
    """Satisfies :class:`chassis.bus.port.Bus` without a broker. All services of a process share one."""

    def __init__(self, dead_letter_store: DeadLetterStore) -> None:
        self._store = dead_letter_store
        self._queues: dict[str, _Queue] = {}
        self._routes: dict[tuple[str, str], list[_Queue]] = defaultdict(list)
        self._consumers: list[tuple[_Queue, asyncio.Task[None]]] = []
        self._unsettled: set[_Settlement] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._running = False

    def subscribe(self, queue: QueueSpec, handler: Handler) -> None:
        """Deliver this queue's messages to ``handler``."""
        if queue.name in self._queues:
            raise ValueError(f"queue {queue.name} has a consumer already")
        created = self._queues[queue.name] = _Queue(queue, handler)
        self._routes["", queue.name].append(created)
        for binding in queue.bindings:
            self._routes[binding.exchange, binding.routing_key].append(created)
        if self._running:
            self._start(created)

    async def start(self) -> None:
        """Begin to deliver."""
        self._running = True
        for queue in self._queues.values():
            self._start(queue)

    async def stop(self, grace_s: float = 10.0) -> None:
        """Pause; there is nothing to close."""
        await self.pause(grace_s)

    async def pause(self, grace_s: float = 10.0) -> None:
        """Let batches in hand finish within the grace; everything else is still in its outbox."""
        self._running = False
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for known in self._queues.values():
            while not known.waiting.empty():
                known.waiting.get_nowait()
        tasks = [task for _, task in self._consumers]
        for queue, task in self._consumers:
            if not queue.busy:
                task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._consumers.clear()
        for settlement in self._unsettled:
            settlement.ended.set()

    async def publish(self, messages: Sequence[Outgoing], confirmed: Confirmed) -> None:
        """Deliver to every bound queue and wait until all of them have settled each message."""
        if not self._running:
            raise PublishFailed("the bus is not running")
        unroutable = 0
        settlements: list[_Settlement] = []
        for message in messages:
            queues = self._routes.get((message.exchange, message.routing_key), ())
            if not queues:
                if message.mandatory:
                    unroutable += 1
                else:
                    confirmed([message.id])
                continue
            settlement = _Settlement(message.id, len(queues), confirmed)
            settlements.append(settlement)
            for queue in queues:
                delivery = Delivery(queue=queue.spec.name, headers=message.headers, body=message.body)
                queue.waiting.put_nowait(_Parcel(delivery, settlement))
        self._unsettled.update(settlements)
        try:
            for settlement in settlements:
                await settlement.ended.wait()
        finally:
            self._unsettled.difference_update(settlements)
        if open_ones := sum(settlement.open > 0 for settlement in settlements):
            raise PublishFailed(f"{open_ones} of {len(messages)} messages were not settled before the bus stopped")
        if unroutable:
            raise PublishFailed(f"{unroutable} of {len(messages)} messages have no queue")

    async def ready(self) -> None:
        """Ready while it runs."""
        if not self._running:
            raise PublishFailed("the bus is not running")

    async def reading(self) -> None:
        """Reads while it runs."""
        if not self._running:
            raise NotReading("the bus is not running")

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """The oldest dead letters of a queue."""
        return await self._store.letters(queue, limit)

    async def replay(self, queue: str, message_ids: Sequence[UUID] | None = None) -> int:
        """Deliver dead letters again, through the outbox of the service that gave them up."""
        return await self._store.replay(queue, message_ids)

    def queues(self) -> list[str]:
        """Names of the queues subscribed here."""
        return sorted(self._queues)

    async def depths(self) -> Mapping[str, int]:
        """How many messages wait, by queue; dead letters are rows and no messages."""
        return {name: queue.waiting.qsize() for name, queue in self._queues.items()}

    def _start(self, queue: _Queue) -> None:
        task = asyncio.create_task(self._consume(queue), name=f"consume {queue.spec.name}")
        self._consumers.append((queue, task))

    async def _consume(self, queue: _Queue) -> None:
        while self._running:
            batch = await queue.next_batch()
            queue.busy = True
            await self._handle(queue, batch)
            queue.busy = False

    async def _handle(self, queue: _Queue, batch: list[_Parcel]) -> None:
        judged: list[tuple[_Parcel, Verdict]]
        try:
            judged = list(zip(batch, await queue.handler([parcel.delivery for parcel in batch]), strict=True))
        except Exception as error:
            # A handler promises a verdict on each and not to raise; if one does not keep it, nothing may be lost and
            # the queue must go on.
            log.exception("consumer.handler_raised", queue=queue.spec.name)
            judged = [(parcel, Retry(_AGAIN_S, repr(error))) for parcel in batch]
        for parcel, verdict in judged:
            match verdict:
                case Retry(delay_s=delay_s, counted=counted):
                    attempt = parcel.delivery.attempt + 1 if counted else parcel.delivery.attempt
                    self._later(
                        delay_s,
                        queue,
                        _Parcel(parcel.delivery._replace(attempt=attempt, redelivered=True), parcel.settlement),
                    )
                    continue
                case Bury(reason=reason):
                    try:
                        await self._store.bury(parcel.delivery, reason)
                    except Exception:
                        # The store is the consumer's own database; while it is away the letter waits here and in
                        # the outbox.
                        log.exception("dead_letter.not_stored", queue=queue.spec.name)
                        self._later(_AGAIN_S, queue, parcel)
                        continue
                case Acknowledge():
                    pass
            parcel.settlement.one_done()

    def _later(self, delay_s: float, queue: _Queue, parcel: _Parcel) -> None:
        def deliver() -> None:
            self._timers.discard(timer)
            queue.waiting.put_nowait(parcel)

        timer = asyncio.get_running_loop().call_later(delay_s, deliver)
        self._timers.add(timer)
