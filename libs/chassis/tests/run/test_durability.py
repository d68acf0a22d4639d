"""What PostgreSQL calls committed is on the disk, as the kernel sees it (F33), also when the disk fails (F11)."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chassis.run.private_postgres import PrivatePostgres

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="without strace nobody sees system calls")
COMMITS = 100


@pytest_asyncio.fixture
async def server() -> AsyncIterator[PrivatePostgres]:
    folder = Path(tempfile.mkdtemp(prefix="tp-pg-"))
    private = PrivatePostgres(folder / "data")
    await private.start()
    connection = await private.connect()
    await connection.execute("CREATE TABLE kept (n int)")
    await connection.close()
    yield private
    await private.stop()
    shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def traced(pid: int, *arguments: str) -> AsyncIterator[None]:
    """A process under strace for as long as the block lasts."""
    tracer = await asyncio.create_subprocess_exec(
        "strace", "-p", str(pid), *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    assert tracer.stderr is not None
    try:
        async with asyncio.timeout(10):
            said = (await tracer.stderr.readline()).decode()
        if "attached" not in said:
            pytest.skip(f"strace may not look: {said.strip()}")
        yield
    finally:
        if tracer.returncode is None:
            tracer.terminate()
        await tracer.wait()


async def test_each_commit_is_synced_before_it_is_answered(server: PrivatePostgres, tmp_path: Path) -> None:
    connection = await server.connect()
    insert = await connection.prepare("INSERT INTO kept VALUES ($1)")
    calls = tmp_path / "calls"
    async with traced(connection.get_server_pid(), "-o", str(calls), "-e", "trace=fdatasync,sendto,recvfrom"):
        for n in range(COMMITS):
            await insert.fetch(n)
    await connection.close()
    answered, synced = 0, False
    for call in re.findall(r"^(recvfrom|fdatasync|sendto)\(.*= \d+", calls.read_text(), re.MULTILINE):
        if call == "sendto":
            assert synced, f"answer {answered} came before its sync"
            answered, synced = answered + 1, False
        synced = synced or call == "fdatasync"
    assert answered == COMMITS


async def test_a_disk_that_fails_to_sync_loses_nothing_that_was_answered(server: PrivatePostgres) -> None:
    connection: Any = await server.connect()
    kept = []
    async with traced(connection.get_server_pid(), "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=5"):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
            for n in range(20):
                await connection.execute("INSERT INTO kept VALUES ($1)", n)
                kept.append(n)
    assert len(kept) == 4
    found = await _read_again(server)
    assert set(kept) <= set(found), "what was answered"
    assert len(found) == len(set(found)) <= len(kept) + 1, "and at most what was on its way"


async def _read_again(server: PrivatePostgres) -> list[int]:
    """What is there, once the server has recovered by itself."""
    async with asyncio.timeout(30):
        while True:
            try:
                connection = await server.connect()
                try:
                    return [row["n"] for row in await connection.fetch("SELECT n FROM kept")]
                finally:
                    await connection.close()
            except (asyncpg.PostgresError, OSError):
                await asyncio.sleep(0.1)
