"""Removing the results of runs that ended long ago (WFL-44)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
import structlog

from chassis.data.database import Database, Transaction
from chassis.storage.port import ObjectStore
from chassis.work.periodic import Periodic
from workflow.cleaning import repository
from workflow.periods import Periods

log = structlog.get_logger(__name__)

BATCH = 10


class Cleaning(Periodic):
    """A background part; any number of processes may run one, each takes the runs that no other has."""

    def __init__(self, database: Database, store: ObjectStore, *, periods: Periods, every_s: float = 3600.0) -> None:
        super().__init__("workflow cleaning", every_s, rests_first=True)
        self._database = database
        self._store = store
        self._periods = periods

    async def round(self) -> None:
        """Remove whatever is due."""
        await self.sweep()

    async def sweep(self) -> int:
        """Remove the results of every run that is due; how many runs it was."""
        cleaned = 0
        while done := await self._clean():
            cleaned += done
        return cleaned

    async def _clean(self) -> int:
        async with self._database.transaction() as tx:
            runs = await repository.due(tx, self._periods.before("results", tx.now), BATCH)
            for run_id, user_id, state in runs:
                await remove(tx, self._store, run_id, user_id, state)
        return len(runs)


async def remove(tx: Transaction, store: ObjectStore, run_id: UUID, user_id: UUID, state: str) -> None:
    """Remove what a run that has ended made, as far as nothing else has it as well. Repeating it is harmless."""
    keys = results_in(orjson.loads(state))
    for key in keys - await repository.needed(tx, user_id, run_id, sorted(keys)):
        await store.delete(key)
    await repository.cleaned(tx, run_id)
    log.info("run.cleaned", run_id=str(run_id), objects=len(keys))


def results_in(state: Any) -> set[str]:
    """The keys of all objects that a run's state names, used or not, and whatever shape it has."""
    if isinstance(state, Mapping):
        own = {state["key"]} if isinstance(state.get("key"), str) and "sha256" in state else set()
        return own.union(*(results_in(value) for value in state.values()))
    if isinstance(state, Sequence) and not isinstance(state, str):
        return set().union(*(results_in(value) for value in state))
    return set()
