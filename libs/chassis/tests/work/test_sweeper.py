"""Rows go when they are too old, and no others; the inbox stands for every table that goes by age."""

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
from chassis.data.retention import swept
from chassis.messaging.consumer import Consumers, wait_until
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.run.service import Running, Service
from chassis.testing.plugin import NewDatabase
from chassis.work.daily import Daily
from chassis.work.sweeper import Sweeper


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
    sweeper = Sweeper(world.database, batch=2)
    assert await sweeper.sweep() == {}
    world.clock.advance(timedelta(days=24, minutes=1))
    assert await sweeper.sweep() == {"inbox": 1}
    world.clock.advance(timedelta(days=4))
    assert await sweeper.sweep() == {"inbox": 4}, "more than one batch"
    assert await world.left() == ["0", "1"]


async def test_only_what_the_table_says_goes(world: SimpleNamespace) -> None:
    kept = swept("inbox", timedelta(days=1), "received_at", only="consumer <> '5'")
    assert await Sweeper(world.database, [kept]).sweep() == {"inbox": 4}
    assert await world.left() == ["0", "1", "5"]


async def test_two_workers_at_once_remove_every_row_once(world: SimpleNamespace) -> None:
    world.clock.advance(timedelta(days=60))
    counts = await asyncio.gather(*(Sweeper(world.database, batch=1).sweep() for _ in range(2)))
    last = await Sweeper(world.database).sweep()
    assert sum(count.get("inbox", 0) for count in (*counts, last)) == 7
    assert await world.left() == []


async def test_it_goes_round_by_itself_and_one_table_does_not_keep_the_others(world: SimpleNamespace) -> None:
    async with world.database.connection() as connection:
        await connection.execute("DROP TABLE dead_letters")
    world.clock.advance(timedelta(days=60))
    sweeper = Sweeper(world.database, [swept("nowhere", timedelta(0), "never")], every_s=0.01)
    with capture_logs() as logs:
        await sweeper.start()
        try:
            await wait_until(lambda: any(line["event"] == "retention.swept" for line in logs), timeout_s=5)
            await wait_until(lambda: {line.get("table") for line in logs} >= {"dead_letters", "nowhere"}, timeout_s=5)
        finally:
            await sweeper.stop()
    assert await world.left() == []


@pytest.mark.parametrize("consume", [True, False])
async def test_it_runs_where_messages_are_worked_on(world: SimpleNamespace, consume: bool) -> None:
    """In worker processes, for services that have consumers."""
    bus = InProcessBus(PostgresDeadLetters({"tests": world.database}))
    service = Service("tests", FastAPI(), world.database, Consumers("tests"))
    running = Running(service, bus, consume=consume)
    await bus.start()
    await running.start()
    assert ("retention tests" in {task.get_name() for task in asyncio.all_tasks()}) is consume
    await bus.stop(1)
    await running.stop(1)
    assert "retention tests" not in {task.get_name() for task in asyncio.all_tasks()}


class Counting(Daily):
    """A day's work that only counts."""

    days = 0

    async def do(self) -> None:
        self.days += 1


async def test_a_day_is_done_once_however_many_processes_there_are(world: SimpleNamespace) -> None:
    parts = [Counting(world.database, "counting") for _ in range(3)]
    await asyncio.gather(*(part.round() for part in parts))
    for part in parts:
        await part.round()
    assert sum(part.days for part in parts) == 1
    world.clock.advance(timedelta(days=1))
    await asyncio.gather(*(part.round() for part in parts))
    assert sum(part.days for part in parts) == 2
