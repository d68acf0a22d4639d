"""Storing how jobs ended. Whatever ended while one commit was under way shares the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from ai_router.jobs import repository
from ai_router.jobs.models import Ending
from ai_router.orders.models import settlement
from ai_router.orders.speaking import go_on
from ai_router.orders.telling import contexts, tell
from chassis.data.database import Database
from chassis.data.leased_work import WorkItem
from chassis.observe import context

log = structlog.get_logger(__name__)

LARGEST_BATCH = 500

_Entry = tuple[WorkItem, Ending, "asyncio.Future[None]"]


class Finisher:
    """Ends jobs in batches. A job whose lease has passed on fails alone, with ``LeaseLost``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Entry] = []
        self._committing: asyncio.Task[None] | None = None

    async def finish(self, item: WorkItem, ending: Ending) -> None:
        """Return when the end, its events and the removal of the work are committed; raises what the commit raises."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, ending, done))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_all(), name="endings of jobs")
        await done

    async def _commit_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            wanted = [entry for entry in batch if not entry[2].cancelled()]
            if not wanted:
                continue
            if len(wanted) > 1 and await self._together(wanted):
                continue
            for entry in wanted:
                await self._alone(entry)

    async def _together(self, entries: Sequence[_Entry]) -> bool:
        try:
            await self._commit(entries)
        except Exception as error:
            # One bad ending must not hold back its neighbours; each is tried alone and reports for itself.
            log.info("endings.split", jobs=len(entries), error=repr(error))
            return False
        for _, _, done in entries:
            if not done.done():
                done.set_result(None)
        return True

    async def _alone(self, entry: _Entry) -> None:
        done = entry[2]
        try:
            await self._commit([entry])
        except Exception as error:
            if not done.done():
                done.set_exception(error)
        else:
            if not done.done():
                done.set_result(None)

    async def _commit(self, entries: Sequence[_Entry]) -> None:
        # What a batch does together is part of its first job's trace.
        with context.use(entries[0][1].job.context):
            await self._store(entries)

    async def _store(self, entries: Sequence[_Entry]) -> None:
        async with self._database.transaction() as tx:
            repository.finish(tx, [ending for _, ending, _ in entries])
            cut_short = [ending.job.id for _, ending, _ in entries if ending.cut_short]
            if cut_short:
                for call in await repository.open_paid_calls(tx, cut_short):
                    tx.add_work(call.stopping())
            for item, ending, _ in entries:
                tx.finish_work(item)
                with context.use(ending.job.context):
                    for event in ending.events:
                        tx.emit(event)
                    tx.emit(ending.event)
                    if ending.job.credits is not None:
                        tx.send(settlement(ending))
            own = contexts([ending.job for _, ending, _ in entries])
            if own:
                await tell(tx, own, {ending.job.id: ending.event for _, ending, _ in entries})
            await go_on(tx, [ending for _, ending, _ in entries])
