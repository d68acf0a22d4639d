"""Installations that assumed a minute get the stated limits; what an operator has set stays."""

from __future__ import annotations

import asyncpg

from chassis.data import migrations
from chassis.testing.plugin import NewDatabase
from export.composition import SPEC


async def test_assumed_limits_are_replaced_and_edited_ones_stay(new_database: NewDatabase) -> None:
    assert SPEC.migrations is not None
    url = await new_database("limits")
    await migrations.upgrade(url, SPEC.migrations)
    await migrations.downgrade(url, SPEC.migrations, revision="0003")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows = [("instagram", "standard", "60.0"), ("tiktok", "standard", "75.0"), ("youtube", "standard", "null")]
        for platform, variant, seconds in rows:
            await connection.execute(
                "INSERT INTO platform_requirements VALUES ($1, $2, jsonb_build_object('max_duration_s', $3::jsonb))",
                platform,
                variant,
                seconds,
            )
        await migrations.upgrade(url, SPEC.migrations)
        assert await _limits(connection) == {"instagram": "900.0", "tiktok": "75.0", "youtube": "900.0"}
        await migrations.downgrade(url, SPEC.migrations, revision="0003")
        assert await _limits(connection) == {"instagram": "60.0", "tiktok": "75.0", "youtube": None}
    finally:
        await connection.close()


async def _limits(connection: asyncpg.Connection) -> dict[str, str | None]:
    rows = await connection.fetch("SELECT platform, key_values->>'max_duration_s' AS s FROM platform_requirements")
    return {row["platform"]: row["s"] for row in rows}
