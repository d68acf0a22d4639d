"""What rows tell alerts: a run that is late by its own deadline, an erasure that has been open for long."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib import import_module

import asyncpg
import pytest
from tests.test_people import SPECS, migrated

from chassis.testing.plugin import NewDatabase
from chassis.work.figures import Figure
from users.figures.queries import ERASURES_OLDEST_SECONDS
from users.figures.queries import FIGURES as OF_USERS
from workflow.figures.queries import FIGURES as OF_RUNS
from workflow.figures.queries import RUNS_OVERDUE_SECONDS

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("service", ["ai_router", "billing", "users", "workflow"])
async def test_every_figure_can_be_read(new_database: NewDatabase, service: str) -> None:
    """One that cannot takes those after it along."""
    figures = import_module(f"{service}.figures.queries").FIGURES
    connection = await asyncpg.connect((await migrated(SPECS[service], new_database)).replace("+asyncpg", ""))
    try:
        for figure in figures:
            columns = (await connection.prepare(figure.query)).get_attributes()
            labels = [len(gauge._labelnames) - len(figure.fixed) for gauge in figure.gauges]
            assert {len(columns) - len(figure.gauges)} == set(labels), figure.query
    finally:
        await connection.close()


async def test_a_run_is_late_by_its_own_deadline_and_not_by_its_age(new_database: NewDatabase) -> None:
    now = datetime.now(UTC)
    [figure] = [one for one in OF_RUNS if RUNS_OVERDUE_SECONDS in one.gauges]
    connection = await asyncpg.connect((await migrated(SPECS["workflow"], new_database)).replace("+asyncpg", ""))
    try:
        # A long film within its time; one that nobody woke; one being undone, which may last longer; one without timer.
        for kind, ends, undo, wakes in (
            ("film_video", 2 * HOUR, None, HOUR),
            ("product_demo", -HOUR, None, -2 * HOUR),
            ("clip_trim", -2 * HOUR, HOUR, -HOUR / 60),
            ("educational", -HOUR / 2, None, None),
        ):
            state = {"ends_by": (now + ends).isoformat()} | ({"undo_by": (now + undo).isoformat()} if undo else {})
            await connection.execute(
                "INSERT INTO runs (id, user_id, product_line, workflow_type, definition, version, title, input, lane, "
                "status, state, wake_at, created_at, updated_at) VALUES (gen_random_uuid(), gen_random_uuid(), 't', "
                "$1, 'd', 1, 't', '{}', 1, 'processing', $2, $3, $4, $4)",
                kind,
                json.dumps(state),
                None if wakes is None else now + wakes,
                now - 3 * HOUR,
            )
        found = {row[0]: float(row[4]) for row in await connection.fetch(figure.query)}
    finally:
        await connection.close()
    assert (found["film_video"], found["clip_trim"]) == (0, 0)
    assert 3600 <= found["product_demo"] < 3900
    assert 1800 <= found["educational"] < 2100


async def test_an_erasure_is_as_old_as_the_first_asking(new_database: NewDatabase) -> None:
    now = datetime.now(UTC)
    [figure] = [one for one in OF_USERS if ERASURES_OLDEST_SECONDS in one.gauges]
    connection = await asyncpg.connect((await migrated(SPECS["users"], new_database)).replace("+asyncpg", ""))
    try:
        assert await _figures(connection, figure) == (0, 0)
        for ended in (None, now):
            await connection.execute(
                "INSERT INTO erasures (user_id, product_line, language, ticket_hash, requested_at, asked_at, "
                "completed_at) VALUES (gen_random_uuid(), 't', 'en', gen_random_uuid()::text::bytea, $1, $2, $3)",
                now - (25 if ended is None else 50) * HOUR,
                now,
                ended,
            )
        count, oldest = await _figures(connection, figure)
    finally:
        await connection.close()
    assert count == 1
    assert 25 * 3600 <= oldest < 25 * 3600 + 300


async def _figures(connection: asyncpg.Connection, figure: Figure) -> tuple[float, float]:
    [row] = await connection.fetch(figure.query)
    return float(row[0]), float(row[1])
