"""The inbox forgets what is older than thirty days, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from chassis.bus.memory import InProcessBus
from chassis.clock import ManualClock
from chassis.data import tables
from chassis.data.database import Database
from chassis.messaging.consumer import Consumers, wait_until
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.messaging.inbox import InboxPruner
from chassis.run.service import Running, Service
from chassis.testing.plugin import NewDatabase


@pytest.fixture
async def world(new_database: NewDatabase) -> AsyncIterator[SimpleNamespace]:
    """A database whose clock can be moved, with seven rows in its inbox that came a day apart, the last one now."""
    clock = ManualClock(datetime.now(UTC))
    database = Database(await new_database("inbox"), service="tests", clock=clock)
    async with database.connection() as connection:
        for statement in tables.STATEMENTS:
            await connection.execute(statement)
        await connection.execute(
            "INSERT INTO inbox (consumer, message_id, received_at) "
            "SELECT day::text, gen_random_uuid(), $1::timestamptz - make_interval(days => day) "
            "FROM generate_series(0, 6) AS day",
            clock.now(),
        )

    async def left() -> list[str]:
        async with database.connection() as connection:
            return [row["consumer"] for row in await connection.fetch("SELECT consumer FROM inbox ORDER BY consumer")]

    yield SimpleNamespace(clock=clock, database=database, left=left)
    await database.close()


async def test_rows_are_kept_for_thirty_days_and_removed_in_batches(world: SimpleNamespace) -> None:
    pruner = InboxPruner(world.database, batch=2)
    assert await pruner.prune() == 0
    world.clock.advance(timedelta(days=24, minutes=1))
    assert await pruner.prune() == 1
    world.clock.advance(timedelta(days=4))
    assert await pruner.prune() == 4, "more than one batch"
    assert await world.left() == ["0", "1"]


async def test_two_workers_at_once_remove_every_row_once(world: SimpleNamespace) -> None:
    world.clock.advance(timedelta(days=60))
    counts = await asyncio.gather(*(InboxPruner(world.database, batch=1).prune() for _ in range(2)))
    assert await InboxPruner(world.database).prune() + sum(counts) == 7
    assert await world.left() == []


async def test_it_goes_round_by_itself_and_survives_an_error(world: SimpleNamespace) -> None:
    async with world.database.connection() as connection:
        await connection.execute("ALTER TABLE inbox RENAME TO elsewhere")
    world.clock.advance(timedelta(days=60))
    pruner = InboxPruner(world.database, every_s=0.01)
    with capture_logs() as logs:
        await pruner.start()
        try:
            await wait_until(lambda: any(line["event"] == "periodic.failed" for line in logs), timeout_s=5)
            async with world.database.connection() as connection:
                await connection.execute("ALTER TABLE elsewhere RENAME TO inbox")
            await wait_until(lambda: any(line["event"] == "inbox.pruned" for line in logs), timeout_s=5)
        finally:
            await pruner.stop()
    assert await world.left() == []


@pytest.mark.parametrize("consume", [True, False])
async def test_it_runs_where_messages_are_worked_on(world: SimpleNamespace, consume: bool) -> None:
    """In worker processes, for services that have consumers."""
    bus = InProcessBus(PostgresDeadLetters({"tests": world.database}))
    service = Service("tests", FastAPI(), world.database, Consumers("tests"))
    running = Running(service, bus, consume=consume)
    await bus.start()
    await running.start()
    assert ("inbox tests" in {task.get_name() for task in asyncio.all_tasks()}) is consume
    await bus.stop(1)
    await running.stop(1)
    assert "inbox tests" not in {task.get_name() for task in asyncio.all_tasks()}
