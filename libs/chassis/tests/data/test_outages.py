"""A database that is full, out of room or ending connections is away for a moment: F06, F09, F10."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.data.database import AlreadySeen, Database, DatabaseAway
from chassis.data.outages import is_database_away, is_outage

PASSING = {
    "disk full": "53100",
    "out of memory": "53200",
    "too many connections": "53300",
    "input or output error": "58030",
    "deadlock": "40P01",
    "serialization failure": "40001",
}
SAYS = "DO $$ BEGIN RAISE EXCEPTION 'as it happens' USING ERRCODE = '{}'; END $$"


@pytest.mark.parametrize("orm", [False, True], ids=["statement", "orm"])
@pytest.mark.parametrize("code", PASSING.values(), ids=PASSING.keys())
async def test_what_passes_is_said_to_pass_and_nothing_is_kept(
    new_service: Any, count: Any, code: str, orm: bool
) -> None:
    database = await new_service()
    with pytest.raises(Exception, match="as it happens") as failure:
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO effects VALUES ('half')")
            statement = SAYS.format(code)
            await (tx.session.execute(text(statement)) if orm else tx.execute(statement))
    assert is_database_away(failure.value), "503 to who asks, and no try of a message"
    assert await count(database, "effects") == 0
    await database.ready()


@pytest.mark.parametrize("orm", [False, True], ids=["statement", "orm"])
async def test_what_is_our_own_mistake_is_not_said_to_pass(new_service: Any, orm: bool) -> None:
    database = await new_service()
    with pytest.raises(Exception, match="division by zero") as failure:
        async with database.transaction() as tx:
            await (tx.session.execute(text("SELECT 1 / 0")) if orm else tx.execute("SELECT 1 / 0"))
    assert not is_database_away(failure.value)


async def test_a_role_without_connections_left_is_away_and_others_are_not(new_service: Any, postgres: Any) -> None:
    database = await new_service()
    administrator = await postgres.connect()
    try:
        await administrator.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        crowded = await new_service(url=database.url.replace("://postgres", "://crowded"))
        with pytest.raises(DatabaseAway):
            await crowded.ready()
        await database.ready()
    finally:
        await administrator.execute("DROP ROLE crowded")
        await administrator.close()


async def test_transactions_go_on_while_the_server_ends_connections(
    new_service: Any, postgres: Any, count: Any
) -> None:
    """A third of them, again and again: whoever is told that it is away tries again, and each takes effect once."""
    database: Database = await new_service(pool_size=6)
    chance, refused = random.Random(6), 0
    waiting = [ids.uuid7() for _ in range(60)]

    async def work() -> None:
        nonlocal refused
        while waiting:
            number = waiting.pop()
            try:
                async with database.transaction() as tx:
                    tx.mark_seen("billing.effects", number)
                    await tx.execute("INSERT INTO effects VALUES ($1)", str(number))
            except AlreadySeen:
                pass  # Committed, and the answer was lost.
            except Exception as error:
                assert is_outage(error), error
                refused += 1
                waiting.append(number)

    ended = 0
    administrator = await postgres.connect()
    try:
        workers = asyncio.gather(*(work() for _ in range(6)))
        while not workers.done() and ended < 40:
            rows = await administrator.fetch("SELECT pid FROM pg_stat_activity WHERE datname = $1", _name(database))
            for row in rows:
                if chance.random() < 0.3:
                    ended += await administrator.fetchval("SELECT pg_terminate_backend($1)::int", row["pid"])
            await asyncio.sleep(0.005)
        await asyncio.wait_for(workers, timeout=30)
    finally:
        await administrator.close()
    assert await count(database, "effects") == 60
    assert await count(database, "(SELECT DISTINCT name FROM effects) AS each") == 60
    assert 0 < refused <= ended, "a connection that was ended costs one try at most"


def _name(database: Database) -> str:
    return database.url.rsplit("/", 1)[1].split("?")[0]
