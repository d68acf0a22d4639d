"""Figures that only the database knows, read every few seconds for ``/metrics``: what is open, held, kept.

Counters tell what a process did; how much there is, and whose job waits where, is in the rows. Every process that works
on messages reads the same rows, so whoever adds up over processes takes one of them (``max``), not their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import Gauge

from chassis.data.database import Database
from chassis.observe.metrics import WORK_OLDEST_SECONDS, WORK_WAITING
from chassis.work.periodic import Periodic

EVERY_S = 15.0
SELDOM = 20
"""Rounds from one reading to the next of what looks through whole tables."""


@dataclass(frozen=True)
class Figure:
    """``query`` returns rows of ``gauges``' labels, in their order, and then one value for each of the gauges.

    Rows are few, whatever is in the tables: groups of states, lines, plans, kinds.
    """

    gauges: tuple[Gauge, ...]
    query: str
    fixed: tuple[str, ...] = ()
    """Labels that come before those of the rows."""
    seldom: bool = False
    """Looks through a whole table, so it is read every fifth minute only."""


def work_of(service: str) -> Figure:
    """What waits in a service's table of leased work."""
    return Figure(
        (WORK_WAITING, WORK_OLDEST_SECONDS),
        "SELECT kind, count(*), extract(epoch FROM now() - min(run_after)) FROM work "
        "WHERE run_after <= now() AND (lease_until IS NULL OR lease_until < now()) GROUP BY kind",
        fixed=(service,),
    )


class Figures(Periodic):
    """A background part: sets gauges from the database. What is not in the rows any more is not shown any more."""

    def __init__(self, database: Database, figures: Sequence[Figure] = ()) -> None:
        super().__init__(f"figures {database.service}", EVERY_S, rests_first=True)
        self._database = database
        self._figures = (work_of(database.service), *figures)
        self._shown: dict[int, set[tuple[str, ...]]] = {}
        self._rounds = 0

    async def round(self) -> None:
        """Read all of them once."""
        seldom, self._rounds = self._rounds % SELDOM == 0, self._rounds + 1
        for number, figure in enumerate(self._figures):
            if figure.seldom and not seldom:
                continue
            async with self._database.connection() as connection:
                rows = [tuple(row) for row in await connection.fetch(figure.query)]
            values = len(figure.gauges)
            read = {(*figure.fixed, *(str(label) for label in row[:-values])): row[-values:] for row in rows}
            for gone in self._shown.get(number, set()) - read.keys():
                for gauge in figure.gauges:
                    gauge.remove(*gone)
            for labels, found in read.items():
                for gauge, value in zip(figure.gauges, found, strict=True):
                    (gauge.labels(*labels) if labels else gauge).set(float(value))
            self._shown[number] = {labels for labels in read if labels}
