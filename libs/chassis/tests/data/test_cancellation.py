"""Nobody's cancellation or time-out costs somebody else a commit.

A victim is cancelled at each of its awaits, and at moments of chance; after each, an innocent neighbour uses the same
pool, and what it committed must be seen by others. ``CANCELLATIONS`` is how many there are to be in all.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text

from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.data.leased_work import NewWork
from chassis.data.loan import BrokenOff
from chassis.testing.cancelling import Moment, bystander, cancelled_at
from contracts.users import UserRegistered

CANCELLATIONS = int(os.environ.get("CANCELLATIONS", "3000"))
PAIR = "INSERT INTO pairs SELECT $1, unnest(ARRAY[0, 1])"
HALF = "INSERT INTO pairs VALUES ($1, $2)"

Act = Callable[[Database, int], Coroutine[Any, Any, None]]


class _Unwell(Exception):
    """What a victim raises of its own accord."""


async def _plain(database: Database, n: int) -> None:
    async with database.transaction() as tx:
        await tx.execute(HALF, n, 0)
        await tx.execute(HALF, n, 1)


async def _orm(database: Database, n: int) -> None:
    async with database.transaction() as tx:
        await tx.session.execute(text("INSERT INTO pairs VALUES (:n, 0)"), {"n": n})
        await tx.execute(HALF, n, 1)


async def _one_statement(database: Database, n: int) -> None:
    async with database.transaction() as tx:
        tx.later(PAIR, n)


async def _whole_message(database: Database, n: int) -> None:
    async with database.transaction() as tx:
        await tx.fetch("SELECT 1")
        tx.later(PAIR, n)
        tx.mark_seen("billing.accounts", ids.uuid7())
        tx.add_work(NewWork(ids.uuid7(), "render"))
        tx.emit(
            UserRegistered(
                user_id=ids.uuid7(), email="ann@example.com", username="ann", home_product_line="talkingphoto"
            )
        )


async def _refused(database: Database, n: int) -> None:
    try:
        async with database.transaction() as tx:
            await tx.execute(HALF, n, 0)
            raise _Unwell
    except _Unwell:
        pass


async def _mistaken(database: Database, n: int) -> None:
    try:
        async with database.transaction() as tx:
            await tx.execute(HALF, n, 0)
            await tx.execute("SELECT 1 / 0")
    except asyncpg.DivisionByZeroError:
        pass


async def _bare(database: Database, n: int) -> None:
    async with database.connection() as connection:
        await connection.execute(PAIR, n)


ACTS: dict[str, Act] = {
    "plain": _plain,
    "orm": _orm,
    "one statement": _one_statement,
    "whole message": _whole_message,
    "refused": _refused,
    "mistaken": _mistaken,
    "bare": _bare,
}


class Neighbourhood:
    """A pool of one connection, and somebody with a connection of their own who sees only what is committed."""

    def __init__(self, database: Database, observer: asyncpg.Connection) -> None:
        self.database = database
        self.observer = observer
        self.numbers = itertools.count()
        self.cancelled = 0

    async def only_strangers(self) -> None:
        """Empty the pool, so that the next checkout has to connect."""
        await self.database.close()

    async def neighbour_commits(self) -> None:
        """A transaction with nothing unusual about it."""
        n = next(self.numbers)
        async with self.database.transaction() as tx:
            await tx.fetch("SELECT 1")
            await tx.execute("INSERT INTO neighbours VALUES ($1)", n)
        seen = await self.observer.fetchval("SELECT EXISTS (SELECT FROM neighbours WHERE n = $1)", n)
        assert seen, f"after {self.cancelled} cancellations: what the neighbour committed is not there"

    async def all_is_well(self) -> None:
        """Every pair is whole, and nothing is left over: no transaction, no connection in use."""
        halves = await self.observer.fetch("SELECT n FROM pairs GROUP BY n HAVING count(*) <> 2")
        assert not halves, f"{len(halves)} transactions were kept in part"
        async with asyncio.timeout(10):
            while await self.observer.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ):
                await asyncio.sleep(0.01)
        in_use, _ = self.database.connections()
        assert in_use == 0
        await self.neighbour_commits()


@pytest_asyncio.fixture(loop_scope="session")
async def around(new_service: Any) -> AsyncIterator[Neighbourhood]:
    database: Database = await new_service(pool_size=1, max_overflow=0, pool_timeout_s=10)
    async with bystander(database) as observer:
        await observer.execute("CREATE TABLE neighbours (n bigint PRIMARY KEY)")
        await observer.execute("CREATE TABLE pairs (n bigint NOT NULL, half integer NOT NULL, PRIMARY KEY (n, half))")
        yield Neighbourhood(database, observer)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("name", "connected"), [*((name, True) for name in ACTS), ("plain", False), ("bare", False)])
async def test_a_neighbour_keeps_its_commit_whichever_await_was_cancelled(
    around: Neighbourhood, name: str, connected: bool
) -> None:
    """At each await, while it waits and when it has been answered, once and again during the clean-up."""
    wanted = CANCELLATIONS // (2 * (len(ACTS) + 2))
    while around.cancelled < wanted:
        for moment, times in itertools.product(Moment, (1, 2)):
            for suspension in itertools.count(1):
                n = next(around.numbers)
                if not connected:
                    await around.only_strangers()
                if not await cancelled_at(lambda n=n: ACTS[name](around.database, n), suspension, moment, times=times):
                    break
                around.cancelled += times
                await around.neighbour_commits()
    await around.all_is_well()


@pytest.mark.timeout(3600)
async def test_a_neighbour_keeps_its_commit_whenever_a_task_was_cancelled(around: Neighbourhood) -> None:
    """At moments of chance: after some turns of the loop, after some microseconds."""
    chance = random.Random(1)
    for _ in range(CANCELLATIONS // 4):
        act = chance.choice(list(ACTS.values()))
        if chance.random() < 0.1:
            await around.only_strangers()
        task = asyncio.create_task(act(around.database, next(around.numbers)))
        for _ in range(chance.randint(0, 12)):
            await asyncio.sleep(0)
        if chance.random() < 0.7:
            await asyncio.sleep(chance.random() * 0.0012)
        task.cancel()
        await asyncio.wait({task})
        around.cancelled += 1
        await around.neighbour_commits()
    await around.all_is_well()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("inside", [False, True], ids=["around", "inside"])
async def test_a_neighbour_keeps_its_commit_whenever_a_time_was_out(around: Neighbourhood, inside: bool) -> None:
    """``inside``: the victim swallows the time-out in its transaction and goes on."""
    chance = random.Random(2)
    for _ in range(CANCELLATIONS // 8):
        within, n = chance.random() * 0.0012, next(around.numbers)
        act: Awaitable[None] = (
            _impatient(around.database, n, within)
            if inside
            else _in_time(chance.choice(list(ACTS.values()))(around.database, n), within)
        )
        await act
        around.cancelled += 1
        await around.neighbour_commits()
    await around.all_is_well()


async def test_neighbours_beside_each_other_keep_their_commits(new_service: Any, around: Neighbourhood) -> None:
    """A pool of several, all of it in use, one in two cancelled."""
    shared = await new_service(url=around.database.url, pool_size=4, max_overflow=2)
    chance = random.Random(3)

    async def one(n: int) -> int | None:
        await asyncio.sleep(chance.random() * 0.002)
        await _plain(shared, n)
        return n

    for _ in range(max(1, CANCELLATIONS // 100)):
        tasks = [asyncio.create_task(one(next(around.numbers))) for _ in range(12)]
        victims = tasks[::2]
        for task in victims:
            asyncio.get_running_loop().call_later(chance.random() * 0.004, task.cancel)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        committed = [n for n in done if isinstance(n, int)]
        assert len(committed) >= 6
        kept = await around.observer.fetchval("SELECT count(*) FROM pairs WHERE n = ANY($1::bigint[])", committed)
        assert kept == 2 * len(committed)
    assert shared.connections()[0] == 0
    await around.all_is_well()


async def _in_time(act: Coroutine[Any, Any, None], within: float) -> None:
    try:
        async with asyncio.timeout(within):
            await act
    except TimeoutError:
        pass


async def _impatient(database: Database, n: int, within: float) -> None:
    async def half(tx: Transaction, which: int) -> None:
        await _in_time(tx.execute(HALF, n, which), within)

    try:
        async with database.transaction() as tx:
            await half(tx, 0)
            await half(tx, 1)
    except BrokenOff:
        pass
