"""Fixtures for every test of every member. Loaded with ``-p chassis.testing.plugin`` from the root settings."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from chassis import ids
from chassis.private_postgres import PrivatePostgres

NewDatabase = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[PrivatePostgres]:
    """A PostgreSQL of this test run."""
    # Not below pytest's own temporary folder: the server's user must be able to enter every folder on the way.
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-pg-"))
    server = PrivatePostgres(folder / "data")
    await server.start()
    yield server
    await server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="session")
async def new_database(postgres: PrivatePostgres) -> AsyncIterator[NewDatabase]:
    """Create empty databases that are dropped after the test: ``url = await new_database("users")``."""
    created: list[str] = []

    async def create(label: str = "test") -> str:
        name = f"{label}_{ids.uuid7().hex}"
        created.append(name)
        return await postgres.create_database(name)

    yield create
    for name in created:
        await postgres.drop_database(name)


@pytest.fixture
def free_folder() -> AsyncIterator[Path]:
    """A folder that other users can enter, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder  # type: ignore[misc]
