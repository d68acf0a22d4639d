"""The private PostgreSQL: what was committed is there after a crash, and an unsafe server is refused."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.data.database import Database
from chassis.run.private_postgres import NotDurable, PostgresDidNotStart, PrivatePostgres


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


async def test_any_folder_will_do_whatever_its_name_or_the_environments_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")
    folder = Path(tempfile.mkdtemp(prefix='it\'s "a" $HOME `x`, 100% [é] 🎉 ')) / ("long" * 25)
    server = PrivatePostgres(folder / "data")
    try:
        await server.start()
        url = await server.create_database("billing")
        database = Database(url, service="billing")
        async with database.transaction() as tx:
            assert [row[0] for row in await tx.fetch("SELECT lower('É')")] == ["é"]
        await database.close()
        await server.stop()
        await server.start()
        assert stat.S_IMODE(Path(server.socket_folder).stat().st_mode) == 0o700
    finally:
        await server.stop()
        shutil.rmtree(folder.parent)
    assert not Path(server.socket_folder).exists()


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("unknown_setting = 1", "unrecognized configuration parameter"),
        ("max_connections = 'many'", "invalid value for parameter"),
        ("data_directory = '/nowhere'", "/nowhere"),
    ],
)
async def test_a_server_that_cannot_start_says_why_in_one_line_at_once(
    server: PrivatePostgres, setting: str, reason: str
) -> None:
    await server.stop()
    with (server.folder / "postgresql.conf").open("a") as configuration:
        configuration.write(f"{setting}\n")
    async with asyncio.timeout(5):
        with pytest.raises(PostgresDidNotStart, match=reason) as refusal:
            await server.start()
    assert "\n" not in str(refusal.value)


async def test_a_folder_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PostgresDidNotStart, match="Not a directory"):
        await PrivatePostgres(tmp_path / "file" / "data").start()


async def test_a_first_start_that_was_interrupted_leaves_nothing_in_the_way() -> None:
    folder = Path(tempfile.mkdtemp(prefix="tp-pg-"))
    (folder / "data.new" / "base").mkdir(parents=True)
    server = PrivatePostgres(folder / "data")
    try:
        await server.start()
        assert not (folder / "data.new").exists()
    finally:
        await server.stop()
        shutil.rmtree(folder)


async def test_the_file_of_a_dead_server_may_name_somebody_elses_process(server: PrivatePostgres) -> None:
    server.kill()
    await server.ended()
    said = (server.folder / "postmaster.pid").read_text().splitlines()
    (server.folder / "postmaster.pid").write_text("\n".join([str(os.getpid()), *said[1:]]) + "\n")
    async with asyncio.timeout(30):
        await server.start()
    assert server.pid != os.getpid()


async def test_the_end_of_the_server_is_told(server: PrivatePostgres) -> None:
    ending = asyncio.create_task(server.ended())
    server.kill()
    async with asyncio.timeout(5):
        assert await ending == -signal.SIGKILL
