"""Adds up facts as they come, and all of them anew."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from analytics.facts import repository as log
from analytics.figures import repository
from analytics.figures.rules import fold
from chassis.data.database import Database
from chassis.work.periodic import Periodic

_PAGE = 5000
_BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


class LogIncomplete(Exception):
    """Months of the log have been removed: figures made anew would be without them."""


class Folding(Periodic):
    """Every few seconds, in one of the processes that run it at a time."""

    def __init__(self, database: Database, *, every_s: float) -> None:
        super().__init__("folding facts", every_s, rests_first=True)
        self._database = database

    async def round(self) -> None:
        """Add up what is new."""
        while await self._portion() == _PAGE:
            pass

    async def _portion(self) -> int:
        async with self._database.transaction() as tx:
            facts = await log.take_new(tx, _PAGE)
            if facts:
                await repository.add(tx, fold(facts))
            return len(facts)


async def rebuild(database: Database) -> int:
    """Make all figures anew from the log, as far as it has been added up; of how many facts.

    Those who read see the old ones until it is done. Raises :class:`LogIncomplete`.
    """
    async with database.transaction() as tx:
        begins = await log.for_folding(tx)
        if begins is not None:
            raise LogIncomplete(f"the log begins with {begins:%B %Y}; figures of before would be lost")
        await repository.clear(tx)
        count, after = 0, _BEGINNING
        while facts := await log.page(tx, after, _PAGE):
            await repository.add(tx, fold(facts))
            count += len(facts)
            after = (facts[-1].at, facts[-1].id)
        return count
