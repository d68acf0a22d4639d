"""The outbox: messages leave when, and only when, the transaction that wrote them has committed.

The committing process publishes at once, many messages in one batch; the relay publishes what a dead process or a
broken broker left behind. One process at a time is the relay of a database, under a lease, so that reading a backlog
costs no write per row. Rows of confirmed messages are deleted by the next transaction of this process, by the relay's
next read, or by the sweep when there is neither: a confirmation costs no commit of its own under load.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from chassis import faults, ids
from chassis.bus.messages import Outgoing, type_of
from chassis.bus.port import Bus, PublishFailed
from chassis.data.database import Database
from chassis.data.outbox_row import from_row
from chassis.messaging import spans
from chassis.observe.metrics import MESSAGES_PUBLISHED, OUTBOX_OLDEST_SECONDS, OUTBOX_PENDING
from chassis.work.periodic import keep_doing
from contracts.catalogue import MESSAGES
from contracts.message import Command

log = structlog.get_logger(__name__)

_HOLD = """
UPDATE outbox_relay SET holder = $1, lease_until = now() + make_interval(secs => $2)
WHERE holder = $1 OR lease_until < now() OR $3
RETURNING true
"""

_LEFT_BEHIND = """
SELECT count(*), (SELECT id FROM outbox WHERE id < $1 AND NOT id = ANY($2::uuid[]) ORDER BY id LIMIT 1) AS oldest
FROM (SELECT FROM outbox WHERE id < $1 AND NOT id = ANY($2::uuid[]) LIMIT 10000) AS left_behind
"""
"""Counted for the gauge, and no further than tells something: that a backlog grows shows below ten thousand too."""

# Rows that a transaction is deleting this moment are locked, and nobody's to publish again.
_READ = """
WITH gone AS (DELETE FROM outbox WHERE id = ANY($5::uuid[]))
SELECT id, exchange, routing_key, headers, body, mandatory FROM outbox
WHERE id > $1 AND id < $2 AND NOT id = ANY($3::uuid[])
ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED
"""

_FIRST = UUID(int=0)

UNKNOWN_TYPE = "unknown"
"""The label of messages that no contract describes."""


class Outbox:
    """Publishes what a database has committed. One per process and service.

    ``lease_s``: a row of a process that died is published after this time by whoever is the relay then; the relay
    itself is replaced when it has not been heard of for as long. ``alone``: no other process uses this database, so
    leftovers found at the start are ours at once. ``drains``: batches of a backlog on their way at a time.
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        *,
        batch: int = 500,
        lease_s: float = 5.0,
        poll_s: float = 1.0,
        sweep_s: float = 1.0,
        drains: int = 3,
        alone: bool = False,
    ) -> None:
        self._database = database
        self._bus = bus
        self._batch = batch
        self._lease_s = lease_s
        self._poll_s = poll_s
        self._sweep_s = sweep_s
        self._drains = drains
        self._take_over = alone
        self._me = ids.uuid7()
        self._held_until = 0.0
        self._fresh: list[Outgoing] = []
        self._held: set[UUID] = set()
        """Rows that are this process' to publish or to delete; the relay's reading leaves them out."""
        self._confirmed: set[UUID] = set()
        """The part of them that is safe and only has to be deleted."""
        self._deleting: set[UUID] = set()
        """Those that a statement of this outbox is deleting."""
        self._wake = asyncio.Event()
        self._sweep_wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._publishing: set[asyncio.Task[bool]] = set()
        self._left_behind = 0
        self._oldest: UUID | None = None
        """The oldest row that the relay last found left behind."""
        # All that the service may ever publish, at zero: what has not happened yet is a figure too.
        self._published = {
            name: MESSAGES_PUBLISHED.labels(database.service, name) for name in _published_by(database.service)
        }
        database.outbox = self

    def accept(self, messages: Sequence[Outgoing]) -> None:
        """Messages that have just been committed by this process."""
        self._fresh.extend(messages)
        self._held.update(message.id for message in messages)
        self._wake.set()

    def take_confirmed(self) -> list[UUID]:
        """Ids whose rows the asking transaction deletes."""
        taken, self._confirmed = list(self._confirmed), set()
        self._held.difference_update(taken)
        return taken

    def give_back(self, ids: Sequence[UUID]) -> None:
        """Ids of a transaction that did not commit."""
        self._on_confirmed(ids)

    @property
    def in_flight(self) -> int:
        """Messages handed to the bus and not confirmed."""
        return len(self._held) - len(self._confirmed) - len(self._deleting)

    @property
    def pending(self) -> int:
        """``in_flight``, and what the relay last found left behind, by whomever."""
        return self.in_flight + self._left_behind

    @property
    def oldest_s(self) -> float:
        """Age of the oldest row that the relay last found left behind; 0 when it found none."""
        if self._oldest is None:
            return 0.0
        return max(0.0, (datetime.now(UTC) - ids.moment_of(self._oldest)).total_seconds())

    async def start(self) -> None:
        """Begin to publish; the bus must have been started."""
        service = self._database.service
        OUTBOX_PENDING.labels(service).set_function(lambda: self.pending)
        OUTBOX_OLDEST_SECONDS.labels(service).set_function(lambda: self.oldest_s)
        self._loops = [
            keep_doing(f"outbox publish {service}", self._publish_accepted),
            keep_doing(f"outbox relay {service}", self._relay_and_rest, rest_s=self._poll_s),
            keep_doing(f"outbox sweep {service}", self._sweep_after_a_while),
        ]

    async def stop(self, grace_s: float = 5.0) -> None:
        """Publish what has been committed, let it be confirmed within the grace, delete its rows. The rest stays."""
        self._publish_fresh()
        if self._publishing:
            await asyncio.wait(self._publishing, timeout=grace_s)
        for task in (*self._loops, *self._publishing):
            task.cancel()
        await asyncio.gather(*self._loops, *self._publishing, return_exceptions=True)
        self._loops.clear()
        await self._sweep()
        if self._held_until:
            await self._hold(lease_s=0)
        OUTBOX_PENDING.labels(self._database.service).set_function(lambda: 0)
        OUTBOX_OLDEST_SECONDS.labels(self._database.service).set_function(lambda: 0)

    async def drain(self) -> int:
        """Publish every row that is not on its way, however young; returns how many, when all are settled.

        Nothing is done while another process is the relay.
        """
        if not await self._hold(self._lease_s):
            return 0
        count, _ = await self._relay_rows(ids.uuid7_floor(datetime.now(UTC) + timedelta(days=1)), patience_s=None)
        await self._sweep()
        return count

    async def _publish_accepted(self) -> None:
        await self._wake.wait()
        self._wake.clear()
        self._publish_fresh()

    def _publish_fresh(self) -> None:
        while self._fresh:
            batch, self._fresh = self._fresh[: self._batch], self._fresh[self._batch :]
            self._publish_soon(batch)

    async def _relay_and_rest(self) -> None:
        wait_s = self._poll_s
        try:
            if not await self._relay():
                # Nobody takes some of them for now; asking more often would not help.
                wait_s = self._lease_s
            self._take_over = False
        except PublishFailed as error:
            log.info("outbox.bus_away", service=self._database.service, error=str(error))
        await asyncio.sleep(wait_s)

    async def _relay(self) -> bool:
        """Publish what is left behind, if somebody has to and it is us. False when something was not published."""
        # Row ids carry the machine's time, so this compares with the machine's clock and not the service's.
        floor = ids.uuid7_floor(datetime.now(UTC) - timedelta(seconds=0 if self._take_over else self._lease_s))
        async with self._database.connection() as connection:
            found = await connection.fetchrow(_LEFT_BEHIND, floor, list(self._held))
        self._left_behind, self._oldest = found["count"], found["oldest"]
        if not self._left_behind:
            return True
        await self._bus.ready()
        if not await self._hold(self._lease_s, take_over=self._take_over):
            return True
        count, complete = await self._relay_rows(floor, patience_s=self._lease_s)
        if count:
            log.info("outbox.left_behind", service=self._database.service, messages=count)
        return complete

    async def _relay_rows(self, floor: UUID, *, patience_s: float | None) -> tuple[int, bool]:
        """Go once over the rows below ``floor``, a few batches on their way at a time.

        ``patience_s``: how long to wait for a batch before reading on. Returns how many rows, and whether no batch
        has failed so far.
        """
        count, after, complete = 0, _FIRST, True
        publishing: set[asyncio.Task[bool]] = set()
        while await self._still_held() and (batch := await self._read(after, floor)):
            count += len(batch)
            after = batch[-1].id
            publishing.add(self._publish_soon(batch))
            if len(publishing) >= self._drains:
                done, publishing = await asyncio.wait(
                    publishing, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED
                )
                complete = complete and all(task.result() for task in done)
        if publishing:
            done, _ = await asyncio.wait(publishing, timeout=patience_s)
            complete = complete and all(task.result() for task in done)
        return count, complete

    async def _hold(self, lease_s: float, *, take_over: bool = False) -> bool:
        """Become or stay the relay for so long; 0 gives it up. False when it is somebody else."""
        asked_at = asyncio.get_running_loop().time()
        async with self._database.connection() as connection:
            held = bool(await connection.fetchval(_HOLD, self._me, lease_s, take_over))
        self._held_until = asked_at + lease_s if held and lease_s else 0.0
        return held

    async def _still_held(self) -> bool:
        left = self._held_until - asyncio.get_running_loop().time()
        return left > self._lease_s / 2 or await self._hold(self._lease_s)

    async def _read(self, after: UUID, floor: UUID) -> list[Outgoing]:
        with self._deletes() as confirmed:
            async with self._database.connection() as connection:
                rows = await connection.fetch(_READ, after, floor, list(self._held), self._batch, confirmed)
        batch = [from_row(row) for row in rows]
        self._held.update(message.id for message in batch)
        return batch

    def _publish_soon(self, batch: Sequence[Outgoing]) -> asyncio.Task[bool]:
        task = asyncio.create_task(self._publish(batch))
        self._publishing.add(task)
        task.add_done_callback(self._publishing.discard)
        return task

    async def _publish(self, batch: Sequence[Outgoing]) -> bool:
        faults.point("outbox.before_publish", self._database.service)
        under_way = spans.sending(batch)
        types = {message.id: type_of(message) for message in batch}

        def confirmed(message_ids: Sequence[UUID]) -> None:
            for kind, number in Counter(types[message_id] for message_id in message_ids).items():
                self._count(kind, number)
            spans.sent(under_way, message_ids)
            self._on_confirmed(message_ids)

        try:
            await self._bus.publish(batch, confirmed)
        except PublishFailed as error:
            spans.unsent(under_way, error)
            log.warning("outbox.not_published", service=self._database.service, error=str(error))
            return False
        except Exception as error:
            spans.unsent(under_way, error)
            # A bus promises to raise nothing else; if one does, that is told, and the rows are the relay's as before.
            log.exception("outbox.publish_failed", service=self._database.service, messages=len(batch))
            return False
        else:
            faults.point("outbox.after_publish", self._database.service)
            return True
        finally:
            # What was not confirmed is the relay's from now on.
            safe = self._confirmed | self._deleting
            self._held.difference_update([message.id for message in batch if message.id not in safe])

    def _count(self, kind: str, number: int) -> None:
        counter = self._published.get(kind)
        if counter is None:
            # A row of a release that knew more: types must not become new time series.
            counter = self._published[kind] = MESSAGES_PUBLISHED.labels(self._database.service, UNKNOWN_TYPE)
        counter.inc(number)

    def _on_confirmed(self, confirmed: Sequence[UUID]) -> None:
        self._held.update(confirmed)
        self._confirmed.update(confirmed)
        self._sweep_wake.set()

    @contextmanager
    def _deletes(self) -> Iterator[list[UUID]]:
        """What a statement in the block deletes; if it fails they are to be deleted still."""
        taken, self._confirmed = self._confirmed, set()
        self._deleting |= taken
        try:
            yield list(taken)
            self._held -= taken
        except BaseException:
            self._confirmed |= taken
            self._sweep_wake.set()
            raise
        finally:
            self._deleting -= taken

    async def _sweep_after_a_while(self) -> None:
        await self._sweep_wake.wait()
        self._sweep_wake.clear()
        await asyncio.sleep(self._sweep_s)
        await self._sweep()

    async def _sweep(self) -> None:
        while self._confirmed:
            with self._deletes() as confirmed:
                faults.point("outbox.before_delete", self._database.service)
                async with self._database.connection() as connection:
                    await connection.execute("DELETE FROM outbox WHERE id = ANY($1::uuid[])", confirmed)
                faults.point("outbox.after_delete", self._database.service)


def _published_by(service: str) -> list[str]:
    """The types of what a service tells and asks for."""
    return [
        name
        for name, kind in MESSAGES.items()
        if (service in kind.SENDERS if issubclass(kind, Command) else kind.owner() == service)
    ]
