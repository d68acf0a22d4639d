"""Facts and figures of before the second release: what was new is new, and no id of anybody is left."""

from __future__ import annotations

import json
from uuid import UUID

import asyncpg

from analytics.composition import SPEC
from chassis import ids
from chassis.data import migrations
from chassis.testing.plugin import NewDatabase

_IDS = "SELECT {name} AS id FROM {table} UNION SELECT (body ->> '{name}')::uuid FROM facts WHERE body ? '{name}'"


async def test_what_was_there_keeps_its_figures_and_loses_its_ids(new_database: NewDatabase) -> None:
    assert SPEC.migrations is not None
    url = await new_database("analytics")
    await migrations.upgrade(url, SPEC.migrations, revision="0001")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    run, payment, subscription = (ids.uuid7() for _ in range(3))
    try:
        await connection.execute("INSERT INTO folded DEFAULT VALUES")
        for body in ({"run_id": str(run), "sequence": 1}, {"payment_id": str(payment)}, {"size": 1}):
            await _fact(connection, body)
        await connection.execute("UPDATE folded SET upto = pg_current_xact_id()")
        await _fact(connection, {"subscription_id": str(subscription)})
        await connection.execute("INSERT INTO runs (run_id, status, told) VALUES ($1, 'processing', 1)", run)
        await migrations.upgrade(url, SPEC.migrations)
        new = await connection.fetch("SELECT body ->> 'subscription' AS word FROM facts WHERE NOT folded")
        assert [UUID(row["word"]) != subscription for row in new] == [True]
        assert len(await connection.fetch("SELECT FROM facts WHERE folded")) == 3
        [word] = await connection.fetch(_IDS.format(name="run", table="runs"))
        assert word["id"] != run, "one word, the same in facts and figures"
        left = str([await connection.fetch("SELECT body FROM facts"), await connection.fetch("SELECT * FROM runs")])
        assert not [one for one in (run, payment, subscription) if str(one) in left]
        await migrations.downgrade(url, SPEC.migrations, revision="0001")
        new = await connection.fetch("SELECT body FROM facts WHERE xid >= (SELECT upto FROM folded)")
        assert ["subscription_id" in row["body"] for row in new] == [True]
    finally:
        await connection.close()


async def _fact(connection: asyncpg.Connection, body: dict[str, object]) -> None:
    await connection.execute(
        "INSERT INTO facts (id, type, at, body) VALUES (gen_random_uuid(), 't', now(), $1)", json.dumps(body)
    )
