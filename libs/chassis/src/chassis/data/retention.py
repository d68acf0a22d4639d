"""How long what is stored is kept: every table and every prefix of object keys says so in one place (SEC-31).

A service's ``kept`` module has a :class:`Kept` for each of its tables; the chassis' own are :data:`CHASSIS`.
Rows that go by age alone are removed by :class:`chassis.work.sweeper.Sweeper`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from chassis.data.database import Database


@dataclass(frozen=True, slots=True)
class Kept:
    """What becomes of the rows of ``table``: ``how_long`` and ``by`` in words.

    ``too_old``: SQL, true of rows to be removed; ``$1`` is the moment ``after`` before now.
    """

    table: str
    how_long: str
    by: str
    after: timedelta | None = None
    too_old: str = ""


class KeptObjects(NamedTuple):
    """What becomes of a service's objects under ``prefix``, in words."""

    prefix: str
    what: str
    how_long: str
    by: str


def swept(table: str, after: timedelta, since: str, *, only: str = "", words: str = "") -> Kept:
    """Rows go so long ``after`` the moment in the column ``since``; ``only`` those for which this SQL is true too."""
    too_old = f"{since} < $1" + (f" AND ({only})" if only else "")
    told = (f"{in_words(after)} after" if after else "until") + f" `{since}`" + (f", {words}" if words else "")
    return Kept(table, told, "the sweeper", after, too_old)


def until(table: str, end: str, by: str) -> Kept:
    """Rows go when ``end`` comes to pass; ``by`` names the code that removes them."""
    return Kept(table, f"until {end}", by)


def for_ever(table: str, because: str) -> Kept:
    """Rows stay."""
    return Kept(table, "for ever", because)


def in_words(period: timedelta) -> str:
    """Days, or hours where it is less than a few."""
    hours = round(period.total_seconds() / 3600)
    return f"{period.days} days" if period.days > 1 else f"{hours} hours"


CHASSIS = (
    until("outbox", "the bus has confirmed the message", "`chassis.messaging.outbox`"),
    for_ever("outbox_relay", "one row: who publishes what others left behind"),
    # No message comes again so late: outboxes and queues are hours behind at the worst, dead letters a few weeks.
    swept("inbox", timedelta(days=30), "received_at"),
    until("work", "it has been carried out or is no longer wanted", "`chassis.work.workers`"),
    swept("dead_letters", timedelta(days=90), "died_at", words="or when somebody replays them"),
    for_ever("alembic_version", "one row: the newest migration"),
)
"""The tables that every service's database has."""

# Those another process is deleting are its own.
_DELETE = """
DELETE FROM {table} WHERE ctid IN (
    SELECT ctid FROM {table} WHERE {too_old} LIMIT $2 FOR UPDATE SKIP LOCKED
)
"""


async def sweep(database: Database, kept: Kept, *, batch: int) -> int:
    """Remove what is too old, each batch in a commit of its own; how many rows that was."""
    if kept.after is None:
        return 0
    statement = _DELETE.format(table=kept.table, too_old=kept.too_old)
    # By the days that have really passed: a clock that was put forwards must not forget which messages were handled.
    before = database.clock.machine() - kept.after
    removed = 0
    while True:
        async with database.connection() as connection:
            done = int((await connection.execute(statement, before, batch)).split()[-1])
        removed += done
        if done < batch:
            return removed
