"""What is to be done once a day, or once a turn, however many processes there are (DEP-19)."""

from __future__ import annotations

from abc import abstractmethod
from uuid import UUID

from chassis import ids
from chassis.data.database import AlreadySeen, Database
from chassis.work.periodic import Periodic

_NO_MOMENT = UUID(int=0)
"""The inbox knows messages by ids that say when they were sent; a turn is none."""


async def taken(database: Database, name: str, turn: object) -> bool:
    """True for the first that asks for a ``turn`` of what is called ``name``, False for everybody after."""
    try:
        async with database.transaction() as tx:
            tx.mark_seen(name, ids.derived(_NO_MOMENT, name, turn))
    except AlreadySeen:
        return False
    return True


class Daily(Periodic):
    """Calls :meth:`do` once for each day (UTC), in one of the processes that run it.

    The day is taken before it begins: what a crash interrupts is left to the next day.
    """

    def __init__(self, database: Database, name: str, *, look_every_s: float = 600.0) -> None:
        super().__init__(name, look_every_s, rests_first=True)
        self._database = database
        self._consumer = f"{database.service}.{name}"

    @abstractmethod
    async def do(self) -> None:
        """The day's work; doing it twice must do no harm."""

    async def round(self) -> None:
        """Take the day, unless somebody has, and do it."""
        day = self._database.clock.now().date().isoformat()
        if await taken(self._database, self._consumer, day):
            await self.do()
