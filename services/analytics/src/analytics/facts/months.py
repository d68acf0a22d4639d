"""Partitions of the log: made ahead, and removed whole when they are old (ANL-10, SEC-31)."""

from __future__ import annotations

from datetime import date

import structlog

from analytics.facts import repository
from chassis.data.database import Database
from chassis.work.daily import Daily

AHEAD = 2

log = structlog.get_logger(__name__)


def month_after(day: date, months: int) -> date:
    """The first day of the month so many months later, or earlier."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


async def make_ahead(database: Database) -> None:
    """What the log needs: partitions for this month and the next ones. Repeatable."""
    today = database.clock.now().date()
    async with database.transaction() as tx:
        await repository.begin(tx)
        for number in range(AHEAD + 1):
            await repository.make_month(tx, month_after(today, number), month_after(today, number + 1))


class Months(Daily):
    """Once a day: makes the next months, removes those that are too old."""

    def __init__(self, database: Database, *, keep: int) -> None:
        super().__init__(database, "months")
        self._database = database
        self._keep = keep

    async def do(self) -> None:
        """The day's work."""
        await make_ahead(self._database)
        async with self._database.transaction() as tx:
            gone = await repository.drop_months_before(tx, month_after(self._database.clock.now().date(), -self._keep))
        if gone:
            log.info("facts.months_removed", months=gone)
