"""SQL of the log of facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import orjson

from analytics.facts.models import Fact
from chassis.data.database import Transaction

_ADD = """
INSERT INTO facts (id, type, at, person, product_line, body)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::jsonb[])
"""

# Whoever has taken a number may still be writing; what is older than all who are writing is complete.
_NEW = """
SELECT id, type, at, person, product_line, body::text AS body, xid::text AS xid FROM facts
WHERE xid >= $1::text::xid8 AND xid < pg_snapshot_xmin(pg_current_snapshot())
"""

_HORIZON = """
SELECT upto::text AS upto, log_begins, pg_snapshot_xmin(pg_current_snapshot())::text AS horizon FROM folded FOR UPDATE
"""

_ALL = """
SELECT id, type, at, person, product_line, body::text AS body FROM facts
WHERE (at, id) > ($1, $2) AND xid < $3::text::xid8 ORDER BY at, id LIMIT $4
"""


async def add(tx: Transaction, facts: Sequence[Fact]) -> None:
    """Append to the log."""
    await tx.execute(
        _ADD,
        [fact.id for fact in facts],
        [fact.type for fact in facts],
        [fact.at for fact in facts],
        [fact.person for fact in facts],
        [fact.product_line for fact in facts],
        [orjson.dumps(fact.body).decode() for fact in facts],
    )


async def take_new(tx: Transaction) -> list[Fact]:
    """The facts that have not been added up, which from this transaction's commit on have. One at a time does this."""
    row = await tx.fetchrow(_HORIZON)
    if row is None or row["upto"] == row["horizon"]:
        return []
    rows = await tx.fetch(_NEW, row["upto"])
    if rows:
        newest = max(int(found["xid"]) for found in rows)
        await tx.execute("UPDATE folded SET upto = $1::text::xid8", str(newest + 1))
    return [_fact(found) for found in rows]


async def horizon(tx: Transaction) -> tuple[str, date | None]:
    """Before what the log is complete, and when it begins where months have been removed. Nobody adds up meanwhile."""
    row = await tx.fetchrow(_HORIZON)
    if row is None:
        raise LookupError("the table folded has no row")
    return row["horizon"], row["log_begins"]


async def folded_upto(tx: Transaction, upto: str) -> None:
    """Note that everything before this is added up."""
    await tx.execute("UPDATE folded SET upto = $1::text::xid8", upto)


async def page(tx: Transaction, after: tuple[datetime, UUID], upto: str, limit: int) -> list[Fact]:
    """The log in the order of time, from one place on, as far as it is complete."""
    return [_fact(row) for row in await tx.fetch(_ALL, *after, upto, limit)]


async def forget(tx: Transaction, person: str) -> None:
    """Give a person a word that nobody can come to from who they are; their figures stay as they are."""
    row = await tx.fetchrow("SELECT encode(sha256(gen_random_uuid()::text::bytea), 'hex') AS word")
    word = row["word"][:16] if row is not None else None
    for table in ("facts", "people", "tiers", "active_days", "runs", "payments", "subscriptions"):
        await tx.execute(f"UPDATE {table} SET person = $2 WHERE person = $1", person, word)  # noqa: S608


async def begin(tx: Transaction) -> None:
    """The row that says how far the log is added up, where there is none."""
    await tx.execute("INSERT INTO folded DEFAULT VALUES ON CONFLICT DO NOTHING")


async def make_month(tx: Transaction, month: date, following: date) -> None:
    """A partition for a month, where there is none."""
    taken = await tx.fetchrow(
        "SELECT FROM facts_other WHERE at >= $1 AND at < $2 LIMIT 1", *map(_midnight, (month, following))
    )
    if taken is None:
        # Else the month's facts are where all others are, and stay there.
        await tx.execute(
            f"CREATE TABLE IF NOT EXISTS facts_{month:%Y_%m} PARTITION OF facts "
            f"FOR VALUES FROM ('{month}T00:00:00Z') TO ('{following}T00:00:00Z')"
        )


async def drop_months_before(tx: Transaction, month: date) -> list[str]:
    """Remove whole months; their names. Figures that were made of them stay."""
    rows = await tx.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'facts'::regclass"
    )
    gone = sorted(row["name"] for row in rows if row["name"] < f"facts_{month:%Y_%m}")
    for name in gone:
        await tx.execute(f"DROP TABLE {name}")
    if gone:
        await tx.execute("UPDATE folded SET log_begins = $1", month)
    return gone


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _fact(row: object) -> Fact:
    found = dict(row)  # type: ignore[call-overload]
    return Fact(
        found["id"], found["type"], found["at"], found["person"], found["product_line"], orjson.loads(found["body"])
    )
