"""The private PostgreSQL: what was committed is there after a crash, and an unsafe server is refused."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.run.private_postgres import NotDurable, PrivatePostgres


@pytest_asyncio.fixture
async def server() -> AsyncIterator[PrivatePostgres]:
    # Not pytest's own folder: a Unix socket's path may have about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="tp-pg-"))
    private = PrivatePostgres(folder / "data")
    await private.start()
    yield private
    await private.stop()
    shutil.rmtree(folder, ignore_errors=True)


async def test_a_killed_server_is_started_again_at_once_with_what_was_committed(server: PrivatePostgres) -> None:
    connection = await server.connect()
    await connection.execute("CREATE TABLE kept (n int)")
    for n in range(3):
        # Sessions that are open, one of them in a transaction, hold the dead postmaster's memory.
        others = [await server.connect() for _ in range(5)]
        await others[0].execute("BEGIN; INSERT INTO kept VALUES (-1)")
        await connection.execute("INSERT INTO kept VALUES ($1)", n)
        server.kill()
        await server.start()
        connection = await server.connect()
        assert [row["n"] for row in await connection.fetch("SELECT n FROM kept ORDER BY n")] == list(range(n + 1))
    await connection.close()


async def test_a_killed_server_can_be_stopped(server: PrivatePostgres) -> None:
    server.kill()
    async with asyncio.timeout(30):
        await server.stop()
        await server.start()


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
async def test_a_server_that_may_lose_commits_is_refused(server: PrivatePostgres, setting: str) -> None:
    connection = await server.connect()
    await connection.execute(f"ALTER SYSTEM SET {setting} = off")
    await connection.close()
    await server.stop()
    with pytest.raises(NotDurable, match=setting):
        await server.start()
