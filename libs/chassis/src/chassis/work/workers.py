"""Pools that carry out leased work (see :mod:`chassis.data.leased_work`)."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from opentelemetry.trace import SpanKind

from chassis import faults, ids
from chassis.data.database import Database, LeaseLost
from chassis.data.leased_work import WorkItem
from chassis.observe import context, traces
from chassis.observe.metrics import WORK_ITEMS
from chassis.work.periodic import keep_doing

log = structlog.get_logger(__name__)

Run = Callable[[WorkItem], Awaitable[None]]
"""Does the work and, in its last transaction, calls ``tx.finish_work(item)``. Safe to run again after a crash."""

_CLAIM = """
UPDATE work SET attempts = attempts + 1, lease_token = $4, lease_until = $2 + make_interval(secs => $5)
WHERE id IN (
    SELECT id FROM work
    WHERE kind = $1 AND run_after <= $2 AND (lease_until IS NULL OR lease_until < $2 OR $6)
    AND NOT id = ANY($7::uuid[])
    ORDER BY {order} LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING id, kind, {payload} AS payload, attempts, lease_token
"""

_FAIR_EVERY = 10
"""At least one of so many claims takes the oldest work of any lane, so that no lane starves (CON-09)."""


class WorkPool:
    """Runs up to ``concurrency`` items of one kind at a time.

    New work that this process adds is taken at once while there is room and nothing waits; the rest is claimed,
    high lanes first, but every tenth claim takes the oldest. A failed item is tried again after ``retry_s`` (doubled
    each time, one hour at most); when to give up for good is the handler's decision, who sees ``item.attempt``.
    ``alone``: no other process works on this database, so leases found at the start belong to the dead.
    ``payload``: SQL for the payload of an item, where a service has most of it in a table of its own already.
    """

    def __init__(
        self,
        database: Database,
        kind: str,
        run: Run,
        *,
        concurrency: int = 4,
        lease_s: float = 30.0,
        poll_s: float = 1.0,
        retry_s: float = 5.0,
        alone: bool = False,
        payload: str = "payload",
    ) -> None:
        self.lease_s = lease_s
        self._database = database
        self._kind = kind
        self._run = run
        self._concurrency = concurrency
        self._poll_s = poll_s
        self._retry_s = retry_s
        self._take_over = alone
        self._payload = payload
        self._running: dict[UUID, tuple[WorkItem, asyncio.Task[None]]] = {}
        self._reserved = 0
        """Places kept for work that is being committed."""
        self._wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._claims = 0
        self._claiming = 0
        """Places kept for what a claim under way brings."""
        self._behind = True
        """Work that is due may wait for want of room: no claim has come back with less than it asked for since."""
        self._surroundings = contextvars.copy_context()
        """Of the process: work that a handler adds begins in the handler's task, and is no part of it."""
        database.takers.setdefault(kind, []).append(self)

    @property
    def busy(self) -> int:
        """Items being worked on here."""
        return len(self._running)

    async def start(self) -> None:
        """Begin to claim and run."""
        self._surroundings = contextvars.copy_context()
        WORK_ITEMS.labels(self._kind, "running").set_function(lambda: self.busy)
        WORK_ITEMS.labels(self._kind, "free").set_function(lambda: self._concurrency - self.busy)
        self._loops = [
            keep_doing(f"work {self._kind}", self._claim_due, rest_s=self._poll_s),
            keep_doing(f"leases {self._kind}", self._renew),
        ]
        self._wake.set()

    async def stop(self, grace_s: float = 5.0) -> None:
        """Claim no more, let items finish within the grace, give the rest back to others at once."""
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops.clear()
        if self._running:
            await asyncio.wait([task for _, task in self._running.values()], timeout=grace_s)
        left = list(self._running.values())
        for _, task in left:
            task.cancel()
        await asyncio.gather(*(task for _, task in left), return_exceptions=True)
        if left:
            await self._return([item for item, _ in left])

    def reserve(self, wanted: int) -> int:
        """Keep places for work that is being committed. None while older work waits for room: that goes first."""
        places = 0 if self._behind or not self._loops else min(wanted, self._room)
        self._reserved += places
        return places

    def take(self, reserved: int, items: Sequence[WorkItem]) -> None:
        """So many places are reserved no longer; begin with these items, which are leased to us already."""
        self._reserved -= reserved
        if not self._loops:
            # Stopped while it was committed: the leases run out by themselves.
            return
        for item in items:
            self._start(item)

    def wake(self) -> None:
        """There may be work to claim."""
        self._wake.set()

    def cancel(self, work_id: UUID) -> None:
        """Interrupt an item that runs here, because its work is no longer wanted. Its row is the caller's to remove."""
        if (running := self._running.get(work_id)) is not None:
            running[1].cancel()

    @property
    def _room(self) -> int:
        return self._concurrency - len(self._running) - self._reserved - self._claiming

    async def _claim_due(self) -> None:
        try:
            async with asyncio.timeout(self._poll_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()
        while await self._claim_some():
            pass

    async def _claim_some(self) -> bool:
        """Claim into the places there are, or half of them: while nothing is known to wait, what is added meanwhile
        needs the others. True when there may be more to claim and room for it."""
        room = self._room
        wanted = room if self._behind else (room + 1) // 2
        if wanted <= 0:
            self._behind = True
            return False
        self._claiming = wanted
        try:
            items = await self._claim(wanted)
        finally:
            self._claiming = 0
        self._behind = len(items) == wanted
        for item in items:
            self._start(item)
        return self._behind

    async def _claim(self, room: int) -> list[WorkItem]:
        self._claims += 1
        faults.point("work.before_claim")
        order = "run_after" if self._claims % _FAIR_EVERY == 0 else "lane, run_after"
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                _CLAIM.format(order=order, payload=self._payload),
                self._kind,
                self._database.clock.now(),
                room,
                ids.uuid7(),
                self.lease_s,
                self._take_over,
                list(self._running),
            )
        faults.point("work.after_claim")
        if len(rows) < room:
            self._take_over = False
        return [WorkItem(row["id"], row["kind"], row["payload"], row["attempts"], row["lease_token"]) for row in rows]

    def _start(self, item: WorkItem) -> None:
        task = asyncio.create_task(
            self._carry_out(item), name=f"{self._kind} {item.id}", context=self._surroundings.copy()
        )
        self._running[item.id] = (item, task)
        task.add_done_callback(lambda _: self._ended(item))

    def _ended(self, item: WorkItem) -> None:
        self._running.pop(item.id, None)
        if self._behind:
            self._wake.set()

    async def _carry_out(self, item: WorkItem) -> None:
        about: dict[str, str | int] = {
            "talkingphoto.work.kind": self._kind,
            "talkingphoto.work.id": str(item.id),
            "talkingphoto.attempt": item.attempt,
        }
        cause = item.context
        with context.use(cause._replace(traceparent=traces.valid_traceparent(cause.traceparent))):
            began = time.monotonic()
            line = log.bind(kind=self._kind, work_id=str(item.id), attempt=item.attempt)
            line.info("work.begun")
            try:
                with traces.span(f"work {self._kind}", about, kind=SpanKind.CONSUMER):
                    await self._run(item)
                line.info("work.ended", ms=_ms_since(began))
            except LeaseLost:
                line.warning("work.lease_lost", ms=_ms_since(began))
            except asyncio.CancelledError:
                line.info("work.interrupted", ms=_ms_since(began))
                raise
            except Exception:
                # The work may be the reason, whatever it raises: the others go on, and it is tried again.
                line.exception("work.failed", ms=_ms_since(began))
                await self._postpone(item)

    async def _postpone(self, item: WorkItem) -> None:
        delay = min(self._retry_s * 2 ** (item.attempt - 1), 3600)
        try:
            async with self._database.connection() as connection:
                await connection.execute(
                    "UPDATE work SET lease_token = NULL, lease_until = NULL, run_after = $3 "
                    "WHERE id = $1 AND lease_token = $2",
                    item.id,
                    item.token,
                    self._database.clock.now() + timedelta(seconds=delay),
                )
        except Exception as error:
            # Nobody awaits this task, and whatever it was, the lease runs out by itself.
            log.warning("work.not_postponed", kind=self._kind, work_id=str(item.id), error=repr(error))

    async def _renew(self) -> None:
        await asyncio.sleep(self.lease_s / 3)
        held = [item for item, _ in self._running.values()]
        if not held:
            return
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "UPDATE work SET lease_until = $3 FROM unnest($1::uuid[], $2::uuid[]) AS held (id, token) "
                "WHERE work.id = held.id AND work.lease_token = held.token RETURNING work.id",
                [item.id for item in held],
                [item.token for item in held],
                self._database.clock.now() + timedelta(seconds=self.lease_s),
            )
        kept = {row["id"] for row in rows}
        for item in held:
            if item.id not in kept:
                # Finished this moment, removed on purpose, or taken over: either way not ours to go on with.
                self.cancel(item.id)

    async def _return(self, items: Sequence[WorkItem]) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                "UPDATE work SET lease_token = NULL, lease_until = NULL "
                "FROM unnest($1::uuid[], $2::uuid[]) AS held (id, token) "
                "WHERE work.id = held.id AND work.lease_token = held.token",
                [item.id for item in items],
                [item.token for item in items],
            )


def _ms_since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 3)
