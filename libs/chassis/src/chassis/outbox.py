"""The outbox: messages leave when, and only when, the transaction that wrote them has committed.

The committing process publishes at once, many messages in one batch; the relay claims what a dead process or a
broken broker left behind, under a lease. Rows of confirmed messages are deleted by the next transaction of this
process, or by the sweep when there is none, so a confirmation costs no commit of its own under load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from chassis import faults, ids
from chassis.bus.port import Bus, PublishFailed
from chassis.database import Database
from chassis.messages import Outgoing

log = structlog.get_logger(__name__)

_CLAIM = """
UPDATE outbox SET lease_until = now() + make_interval(secs => $3)
WHERE id IN (
    SELECT id FROM outbox
    WHERE id < $1 AND (lease_until IS NULL OR lease_until < now()) AND NOT id = ANY($4::uuid[])
    ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id, exchange, routing_key, headers, body, mandatory
"""


def from_row(row: asyncpg.Record) -> Outgoing:
    """An outbox row as the message it was."""
    return Outgoing(
        id=row["id"],
        exchange=row["exchange"],
        routing_key=row["routing_key"],
        headers=row["headers"],
        body=row["body"],
        mandatory=row["mandatory"],
    )


class Outbox:
    """Publishes what a database has committed. One per process and service.

    ``lease_s``: how long a row belongs to whoever took it; a row of a process that died is published again after
    this time. ``alone``: no other process uses this database, so leftovers found at the start are ours at once.
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        *,
        batch: int = 500,
        lease_s: float = 5.0,
        poll_s: float = 1.0,
        sweep_s: float = 0.2,
        drains: int = 2,
        alone: bool = False,
    ) -> None:
        self._database = database
        self._bus = bus
        self._batch = batch
        self._lease_s = lease_s
        self._poll_s = poll_s
        self._sweep_s = sweep_s
        self._drains = drains
        self._alone = alone
        self._fresh: list[Outgoing] = []
        self._in_flight: set[UUID] = set()
        self._confirmed: list[UUID] = []
        self._wake = asyncio.Event()
        self._sweep_wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._publishing: set[asyncio.Task[None]] = set()
        database.outbox = self

    def accept(self, messages: Sequence[Outgoing]) -> None:
        """Messages that have just been committed by this process."""
        self._fresh.extend(messages)
        self._in_flight.update(message.id for message in messages)
        self._wake.set()

    def take_confirmed(self) -> list[UUID]:
        """Ids whose rows the asking transaction deletes."""
        taken, self._confirmed = self._confirmed, []
        return taken

    def give_back(self, ids: Sequence[UUID]) -> None:
        """Ids of a transaction that did not commit."""
        self._confirmed.extend(ids)
        self._sweep_wake.set()

    @property
    def in_flight(self) -> int:
        """Messages handed to the bus and not confirmed."""
        return len(self._in_flight)

    async def start(self) -> None:
        """Begin to publish; the bus must have been started."""
        for name, loop in (("publish", self._publish_loop), ("relay", self._relay_loop), ("sweep", self._sweep_loop)):
            self._loops.append(asyncio.create_task(loop(), name=f"outbox {name} {self._database.service}"))

    async def stop(self, grace_s: float = 5.0) -> None:
        """Let batches in flight be confirmed within the grace, delete their rows, end. The rest stays."""
        if self._publishing:
            await asyncio.wait(self._publishing, timeout=grace_s)
        for task in (*self._loops, *self._publishing):
            task.cancel()
        await asyncio.gather(*self._loops, *self._publishing, return_exceptions=True)
        self._loops.clear()
        await self._sweep()

    async def drain(self) -> int:
        """Publish everything that is left behind; returns how many rows were claimed."""
        floor = ids.uuid7_floor(self._database.clock.now() + timedelta(days=1))
        counts = await asyncio.gather(*(self._drain_once(floor) for _ in range(self._drains)))
        return sum(counts)

    async def _drain_once(self, floor: UUID) -> int:
        total = 0
        while batch := await self._claim(floor):
            total += len(batch)
            if not await self._publish(batch):
                break
        return total

    async def _publish_loop(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._fresh:
                batch, self._fresh = self._fresh[: self._batch], self._fresh[self._batch :]
                task = asyncio.create_task(self._publish_quietly(batch))
                self._publishing.add(task)
                task.add_done_callback(self._publishing.discard)

    async def _relay_loop(self) -> None:
        first = True
        while True:
            try:
                await self._relay(everything=first and self._alone)
                first = False
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("outbox.relay_waits", service=self._database.service, error=str(error))
            await asyncio.sleep(self._poll_s)

    async def _relay(self, *, everything: bool) -> None:
        now = self._database.clock.now()
        floor = ids.uuid7_floor(now if everything else now - timedelta(seconds=self._lease_s))
        while batch := await self._claim(floor, ignore_leases=everything):
            log.info("outbox.left_behind", service=self._database.service, messages=len(batch))
            task = asyncio.create_task(self._publish_quietly(batch))
            self._publishing.add(task)
            task.add_done_callback(self._publishing.discard)
            if len(batch) == self._batch:
                # Do not read a large backlog into memory faster than the bus takes it.
                await asyncio.wait({task}, timeout=self._lease_s)

    async def _claim(self, floor: UUID, *, ignore_leases: bool = False) -> list[Outgoing]:
        statement = _CLAIM.replace("(lease_until IS NULL OR lease_until < now())", "true") if ignore_leases else _CLAIM
        async with self._database.connection() as connection:
            rows = await connection.fetch(statement, floor, self._batch, self._lease_s, list(self._in_flight))
        batch = sorted((from_row(row) for row in rows), key=lambda message: message.id)
        self._in_flight.update(message.id for message in batch)
        return batch

    async def _publish_quietly(self, batch: Sequence[Outgoing]) -> None:
        await self._publish(batch)

    async def _publish(self, batch: Sequence[Outgoing]) -> bool:
        faults.point("outbox.before_publish")
        try:
            await self._bus.publish(batch, self._on_confirmed)
        except PublishFailed as error:
            log.warning("outbox.not_published", service=self._database.service, error=str(error))
            return False
        else:
            faults.point("outbox.after_publish")
            return True
        finally:
            # What was not confirmed is the relay's from now on, when its lease has run out.
            self._in_flight.difference_update(message.id for message in batch)

    def _on_confirmed(self, confirmed: Sequence[UUID]) -> None:
        self._confirmed.extend(confirmed)
        self._sweep_wake.set()

    async def _sweep_loop(self) -> None:
        while True:
            await self._sweep_wake.wait()
            self._sweep_wake.clear()
            await asyncio.sleep(self._sweep_s)
            try:
                await self._sweep()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("outbox.sweep_waits", service=self._database.service, error=str(error))
                self._sweep_wake.set()

    async def _sweep(self) -> None:
        while taken := self.take_confirmed():
            try:
                async with self._database.connection() as connection:
                    await connection.execute("DELETE FROM outbox WHERE id = ANY($1::uuid[])", taken)
            except BaseException:
                self.give_back(taken)
                raise
