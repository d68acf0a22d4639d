"""SQL of the log of facts.

The one row of ``folded`` is held by whoever does something that others may not do meanwhile: those who keep facts
share it with each other and with whoever adds up; whoever changes words has it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import cast
from uuid import UUID

import orjson

from analytics.facts.models import WORDS, Fact, Key
from chassis.data.database import Transaction
from contracts.billing import EntitlementsChanged

_ADD = """
INSERT INTO facts (id, type, at, person, product_line, body)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::jsonb[])
"""

# What is new is told by the row itself: numbers of transactions are another server's after a restore.
_TAKE = """
UPDATE facts SET folded = true WHERE (at, id) IN (SELECT at, id FROM facts WHERE NOT folded LIMIT $1)
RETURNING id, type, at, person, product_line, body::text AS body
"""

_FOLDED = """
SELECT id, type, at, person, product_line, body::text AS body FROM facts
WHERE (at, id) > ($1, $2) AND folded ORDER BY at, id LIMIT $3
"""

BY_MONTH = {"facts": "at", "user_analytics": "created_at", "system_health": "created_at"}
"""Tables in a partition for each month, and the column that says which."""

_PEOPLE = (
    "facts",
    "user_analytics",
    "consents",
    "people",
    "tiers",
    "active_days",
    "runs",
    "payments",
    "subscriptions",
    "forgotten",
)
_THINGS = {"runs": "run", "payments": "payment", "subscriptions": "subscription"}


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


async def for_keeping(tx: Transaction, mark: str) -> str | None:
    """Until this transaction's end no word is changed. The key that words are under, which is ours if there is none."""
    row = await tx.fetchrow("SELECT key FROM folded FOR KEY SHARE")
    if row is not None and row["key"] is None:
        await tx.execute("UPDATE folded SET key = $1 WHERE key IS NULL", mark)
        row = await tx.fetchrow("SELECT key FROM folded")
    return cast("str | None", _of_one(row))


async def for_folding(tx: Transaction) -> date | None:
    """Until this transaction's end nobody else adds up, and no word is changed; when the log begins, if not from the
    start.
    """
    row = await tx.fetchrow("SELECT log_begins FROM folded FOR NO KEY UPDATE")
    return cast("date | None", _of_one(row))


async def for_changing_words(tx: Transaction) -> str | None:
    """Until this transaction's end nobody keeps, adds up or changes words; the key that they are under."""
    return cast("str | None", _of_one(await tx.fetchrow("SELECT key FROM folded FOR UPDATE")))


async def take_new(tx: Transaction, limit: int) -> list[Fact]:
    """Facts that have not been added up, which from this transaction's commit on have."""
    await for_folding(tx)
    return [_fact(row) for row in await tx.fetch(_TAKE, limit)]


async def page(tx: Transaction, after: tuple[datetime, UUID], limit: int) -> list[Fact]:
    """What has been added up, in the order of time, from one place on."""
    return [_fact(row) for row in await tx.fetch(_FOLDED, *after, limit)]


async def forgotten(tx: Transaction, people: set[str]) -> set[str]:
    """Who of these has been forgotten."""
    rows = await tx.fetch("SELECT person FROM forgotten WHERE person = ANY($1::text[])", sorted(people))
    return {row["person"] for row in rows}


async def forget(tx: Transaction, person: str) -> None:
    """Give a person a word that nobody can come to from who they are; their figures stay as they are.

    A plan is not what somebody did but what they have: of them, there is none any more.
    """
    await tx.execute(
        "INSERT INTO forgotten (person) VALUES ($1) ON CONFLICT (person) DO UPDATE SET forgotten_at = now()", person
    )
    await tx.execute("UPDATE facts SET person = NULL WHERE person = $1 AND type = $2", person, EntitlementsChanged.NAME)
    for table in ("tiers", "consents"):
        await tx.execute(f"DELETE FROM {table} WHERE person = $1", person)  # noqa: S608
    row = await tx.fetchrow("SELECT encode(sha256(gen_random_uuid()::text::bytea), 'hex') AS word")
    word = row["word"][:16] if row is not None else None
    for table in ("facts", "user_analytics", "people", "active_days", "runs", "payments", "subscriptions"):
        await tx.execute(f"UPDATE {table} SET person = $2 WHERE person = $1", person, word)  # noqa: S608


async def rekey(tx: Transaction, key: Key) -> None:
    """Put every word under one more key."""

    def hashed(value: str, length: int) -> str:
        return f"encode(substr(sha256($2::bytea || sha256($1::bytea || {value})), 1, {length}), 'hex')"

    pads = key.pads()
    for table in _PEOPLE:
        word = hashed("decode(person, 'hex')", 8)
        await tx.execute(f"UPDATE {table} SET person = {word} WHERE person IS NOT NULL", *pads)  # noqa: S608
    for table, column in _THINGS.items():
        await tx.execute(f"UPDATE {table} SET {column} = {hashed(f'uuid_send({column})', 16)}::uuid", *pads)  # noqa: S608
    for name in WORDS.values():
        word = hashed(f"uuid_send((body ->> '{name}')::uuid)", 16) + "::uuid"
        await tx.execute(
            f"UPDATE facts SET body = body || jsonb_build_object('{name}', {word}) WHERE body ? '{name}'",  # noqa: S608
            *pads,
        )


async def marked(tx: Transaction, mark: str) -> None:
    """Note under which key words are."""
    await tx.execute("UPDATE folded SET key = $1", mark)


async def begin(tx: Transaction) -> None:
    """The row that says how far the log is added up, where there is none."""
    await tx.execute("INSERT INTO folded DEFAULT VALUES ON CONFLICT DO NOTHING")


async def make_month(tx: Transaction, month: date, following: date) -> None:
    """A partition of each table for a month, where there is none."""
    for table, column in BY_MONTH.items():
        taken = await tx.fetchrow(
            f"SELECT FROM {table}_other WHERE {column} >= $1 AND {column} < $2 LIMIT 1",
            *map(_midnight, (month, following)),
        )
        if taken is None:
            # Else the month's rows are where all others are, and stay there.
            await tx.execute(
                f"CREATE TABLE IF NOT EXISTS {table}_{month:%Y_%m} PARTITION OF {table} "
                f"FOR VALUES FROM ('{month}T00:00:00Z') TO ('{following}T00:00:00Z')"
            )


async def drop_months_before(tx: Transaction, month: date) -> list[str]:
    """Remove whole months, and as old rows that have no month of their own; from where. Figures of them stay."""
    gone: list[str] = []
    for table, column in BY_MONTH.items():
        rows = await tx.fetch(
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::text::regclass", table
        )
        old = sorted(row["name"] for row in rows if row["name"] < f"{table}_{month:%Y_%m}")
        for name in old:
            await tx.execute(f"DROP TABLE {name}")
        others = await tx.fetchrow(
            f"WITH gone AS (DELETE FROM {table}_other WHERE {column} < $1 RETURNING 1) "  # noqa: S608
            "SELECT count(*) AS found FROM gone",
            _midnight(month),
        )
        if others is not None and others["found"]:
            old.append(f"{table}_other")
        if old and table == "facts":
            await tx.execute("UPDATE folded SET log_begins = $1", month)
        gone += old
    return gone


def _of_one(row: object) -> object:
    if row is None:
        raise LookupError("the table folded has no row")
    return next(iter(dict(row).values()))  # type: ignore[call-overload]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _fact(row: object) -> Fact:
    found = dict(row)  # type: ignore[call-overload]
    body = orjson.loads(found["body"])
    for name in body.keys() & WORDS.keys():
        # Written by a process of the release before, which knew no words, after the migration to this one.
        body[WORDS[name]] = body.pop(name)
    return Fact(found["id"], found["type"], found["at"], found["person"], found["product_line"], body)
