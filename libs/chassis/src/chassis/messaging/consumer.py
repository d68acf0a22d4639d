"""Consumers: decode, handle in one transaction with the inbox, commit, and only then acknowledge.

A batch is one transaction. When anything in it fails, its messages are handled one by one, so that one bad
message never holds back its neighbours. The inbox row is written with the effects; a repeat therefore either
fails the commit as "seen" or is recognised after its handler failed.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from chassis import faults, ids
from chassis.bus.messages import COMMANDS, EVENTS, Delivery, Received, command_key
from chassis.bus.port import ACKNOWLEDGE, Binding, Bury, Bus, QueueSpec, Retry, Verdict
from chassis.data.database import AlreadySeen, Database, Transaction
from chassis.data.outages import OUTAGES, is_outage
from chassis.messaging import spans
from chassis.observe import context
from chassis.observe.logs import service_scope
from chassis.observe.metrics import (
    MESSAGE_SECONDS,
    MESSAGE_WAIT_SECONDS,
    MESSAGES_DEAD_LETTERED,
    MESSAGES_HANDLED,
    MESSAGES_REPEATED,
    MESSAGES_RETRIED,
)
from contracts.enums import Priority
from contracts.envelope import BadEnvelope, Envelope
from contracts.message import Command, Message

log = structlog.get_logger(__name__)

M = TypeVar("M", bound=Message)
Each = Callable[[Any, Transaction], Awaitable[None]]
Many = Callable[[Sequence[Received[Any]], Transaction], Awaitable[None]]

_OUTAGE_S = 1.0


class Unacceptable(Exception):
    """A handler's word that a message can never be handled: it goes to the dead letters at once."""


class ConsumerQueue:
    """One queue of a service: which types it takes and what handles them."""

    def __init__(self, name: str, *, batch: int, prefetch: int, shared: bool) -> None:
        self.name = name
        self.batch = batch
        self.prefetch = prefetch
        self.shared = shared
        self.types: dict[str, type[Message]] = {}
        self._each: dict[str, Each] = {}
        self._many: Many | None = None

    def each(self, *types: type[Message]) -> Callable[[Each], Each]:
        """Handle these types one message at a time: ``async def handler(message, tx)``."""

        def register(handler: Each) -> Each:
            for kind in types:
                self._add(kind)
                self._each[kind.NAME] = handler
            return handler

        return register

    def many(self, *types: type[Message]) -> Callable[[Many], Many]:
        """Handle whole batches of these types: ``async def handler(received, tx)``; one such handler a queue."""

        def register(handler: Many) -> Many:
            if self._many is not None:
                raise ValueError(f"{self.name} has a batch handler already")
            for kind in types:
                self._add(kind)
            self._many = handler
            return handler

        return register

    def bindings(self, service: str) -> tuple[Binding, ...]:
        """Where the messages come from: events by type, commands by the lanes of this service."""
        events = [Binding(EVENTS, name) for name, kind in self.types.items() if not issubclass(kind, Command)]
        commands = any(issubclass(kind, Command) for kind in self.types.values())
        lanes = [Binding(COMMANDS, command_key(service, lane)) for lane in Priority] if commands else []
        return tuple(events + lanes)

    async def handle(self, received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Run the handlers for messages that have been decoded."""
        batch = [item for item in received if item.envelope.type not in self._each]
        if batch:
            if self._many is None:
                raise Unacceptable(f"{self.name} has no handler for {batch[0].envelope.type}")
            await self._many(batch, tx)
        for item in received:
            handler = self._each.get(item.envelope.type)
            if handler is not None:
                with context.use(item.context):
                    await handler(item.message, tx)

    def _add(self, kind: type[Message]) -> None:
        if kind.NAME in self.types:
            raise ValueError(f"{self.name} handles {kind.NAME} twice")
        self.types[kind.NAME] = kind


class Consumers:
    """All queues of one service. Built by the service, attached to a bus by the process that runs it."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.queues: dict[str, ConsumerQueue] = {}

    def queue(self, name: str, *, batch: int = 100, prefetch: int = 200, shared: bool = True) -> ConsumerQueue:
        """Declare the queue ``<service>.<name>``."""
        full = f"{self.service}.{name}"
        created = self.queues[full] = ConsumerQueue(full, batch=batch, prefetch=prefetch, shared=shared)
        return created

    def attach(self, bus: Bus, database: Database, *, retry_delays_s: tuple[float, ...] = (60.0, 120.0, 240.0)) -> None:
        """Subscribe every queue. ``retry_delays_s``: waits before the second and later tries (CON-07)."""
        for queue in self.queues.values():
            spec = QueueSpec(
                name=queue.name,
                bindings=queue.bindings(self.service),
                batch=queue.batch,
                prefetch=queue.prefetch,
                shared=queue.shared,
                retry_delays_s=retry_delays_s,
            )
            bus.subscribe(spec, _Processor(queue, database, retry_delays_s))


class _Processor:
    """Turns deliveries into verdicts; never raises."""

    def __init__(self, queue: ConsumerQueue, database: Database, retry_delays_s: tuple[float, ...]) -> None:
        self._queue = queue
        self._database = database
        self._delays = retry_delays_s
        self._handled = {name: MESSAGES_HANDLED.labels(queue.name, name) for name in queue.types}
        self._repeated = MESSAGES_REPEATED.labels(queue.name)
        self._retried = MESSAGES_RETRIED.labels(queue.name)
        self._buried = MESSAGES_DEAD_LETTERED.labels(queue.name)
        self._seconds = MESSAGE_SECONDS.labels(queue.name)
        self._waited = MESSAGE_WAIT_SECONDS.labels(queue.name)

    async def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        with service_scope(self._database.service):
            began = time.perf_counter()
            verdicts = await self._judge(deliveries)
            self._seconds.observe(time.perf_counter() - began)
            self._retried.inc(sum(isinstance(verdict, Retry) for verdict in verdicts))
            self._buried.inc(sum(isinstance(verdict, Bury) for verdict in verdicts))
            faults.point("consumer.before_ack", self._queue.name)
            return verdicts

    async def _judge(self, deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        verdicts: list[Verdict | None] = [None] * len(deliveries)
        readable: list[tuple[int, Received[Any]]] = []
        for index, delivery in enumerate(deliveries):
            try:
                readable.append((index, self._decode(delivery)))
            except (BadEnvelope, ValidationError, Unacceptable) as error:
                log.error("message.unreadable", queue=self._queue.name, error=str(error))
                verdicts[index] = Bury(f"unreadable: {error}")
        # Ids carry the machine's time, which a clock that was moved does not change.
        now = time.time()
        for _, item in readable:
            self._waited.observe(max(0.0, now - ids.moment_of(item.envelope.id).timestamp()))
        for (index, _), verdict in zip(readable, await self._handle([item for _, item in readable]), strict=True):
            verdicts[index] = verdict
        return [verdict if verdict is not None else ACKNOWLEDGE for verdict in verdicts]

    async def _handle(self, received: Sequence[Received[Any]]) -> list[Verdict]:
        """Together if that works, else one by one; when our own side is away, not at all."""
        if len(received) > 1:
            try:
                await self._transact(received)
                return [ACKNOWLEDGE] * len(received)
            except AlreadySeen:
                pass
            except Exception as error:
                if is_outage(error):
                    return [self._waits(error)] * len(received)
                log.info("batch.split", queue=self._queue.name, messages=len(received), error=repr(error))
        verdicts: list[Verdict] = []
        for item in received:
            with context.use(item.context):
                verdict = await self._alone(item)
            verdicts.append(verdict)
            if isinstance(verdict, Retry) and not verdict.counted:
                # Each further try would only wait for the same thing.
                verdicts += [verdict] * (len(received) - len(verdicts))
                break
        return verdicts

    def _decode(self, delivery: Delivery) -> Received[Any]:
        envelope = Envelope.from_headers(delivery.headers, read_id=ids.read)
        kind = self._queue.types.get(envelope.type)
        if kind is None:
            raise Unacceptable(f"{self._queue.name} does not take {envelope.type}")
        return Received(kind.model_validate_json(delivery.body), envelope, delivery.attempt)

    async def _alone(self, item: Received[Any]) -> Verdict:
        try:
            await self._transact([item])
        except AlreadySeen:
            self._repeated.inc()
            log.info("message.seen_before", queue=self._queue.name, message_id=str(item.envelope.id))
            return ACKNOWLEDGE
        except Unacceptable as error:
            return await self._unless_seen(item, Bury(str(error)))
        except Exception as error:
            if is_outage(error):
                return self._waits(error)
            log.exception("message.failed", queue=self._queue.name, type=item.envelope.type, attempt=item.attempt)
            return await self._unless_seen(item, self._after_failure(item, error))
        return ACKNOWLEDGE

    def _waits(self, error: Exception) -> Verdict:
        log.warning("message.waits", queue=self._queue.name, error=repr(error))
        return Retry(_OUTAGE_S, f"outage: {error!r}", counted=False)

    def _after_failure(self, item: Received[Any], error: Exception) -> Verdict:
        reason = f"{type(error).__name__}: {error}"
        if item.attempt > len(self._delays):
            return Bury(f"failed {item.attempt} times, last: {reason}")
        return Retry(self._delays[item.attempt - 1], reason)

    async def _unless_seen(self, item: Received[Any], verdict: Verdict) -> Verdict:
        """A handler may fail because its effects exist already; the inbox knows."""
        try:
            async with self._database.connection() as connection:
                seen = await connection.fetchval(
                    "SELECT true FROM inbox WHERE message_id = $1 AND consumer = $2",
                    item.envelope.id,
                    self._queue.name,
                )
        except OUTAGES as error:
            return self._waits(error)
        return ACKNOWLEDGE if seen else verdict

    async def _transact(self, received: Sequence[Received[Any]]) -> None:
        began = time.perf_counter()
        with spans.handling(self._queue.name, received) as traced:
            await self._commit(traced)
        ms = round((time.perf_counter() - began) * 1000, 3)
        for item in traced:
            with context.use(item.context):
                log.info(
                    "message.handled",
                    queue=self._queue.name,
                    type=item.envelope.type,
                    message_id=str(item.envelope.id),
                    attempt=item.attempt,
                    together=len(received),
                    ms=ms,
                )
        for kind, number in Counter(item.envelope.type for item in received).items():
            self._handled[kind].inc(number)

    async def _commit(self, received: Sequence[Received[Any]]) -> None:
        async with self._database.transaction() as tx:
            for item in received:
                tx.mark_seen(self._queue.name, item.envelope.id)
            try:
                await self._queue.handle(received, tx)
            except (ConnectionError, TimeoutError):
                raise
            except OSError as error:
                # From the database's driver it would mean "away"; from a handler it is a file, and its own fault.
                raise RuntimeError(repr(error)) from error


async def wait_until(condition: Callable[[], bool], *, timeout_s: float, every_s: float = 0.01) -> None:
    """Return when ``condition`` holds; raise ``TimeoutError`` after ``timeout_s``."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(every_s)
