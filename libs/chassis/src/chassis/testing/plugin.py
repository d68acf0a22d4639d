"""Fixtures for every test of every member. Loaded with ``-p chassis.testing.plugin`` from the root settings."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis import ids
from chassis.private_postgres import PrivatePostgres
from chassis.private_rabbitmq import BreakableBroker, Broker, find_or_start, start_breakable
from chassis.testing.rabbitmq import RabbitMQBuses

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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rabbitmq() -> AsyncIterator[Broker]:
    """A RabbitMQ for this test run: the one that is named, else one of its own. Started when first asked for."""
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-mq-"))
    async with find_or_start(folder) as broker:
        yield broker
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def breakable_rabbitmq() -> AsyncIterator[BreakableBroker]:
    """A RabbitMQ that tests may kill and freeze; each leaves it running."""
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-mq-"))
    broker = await start_breakable(folder)
    yield broker
    await broker.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="session")
async def new_rabbitmq_bus(rabbitmq: Broker) -> AsyncIterator[RabbitMQBuses]:
    """Make RabbitMQ buses under a prefix of this test: ``bus = new_rabbitmq_bus()``. Removed afterwards."""
    buses = RabbitMQBuses(rabbitmq.url)
    yield buses
    await buses.clear()


@pytest.fixture
def free_folder() -> Iterator[Path]:
    """A folder that other users can enter, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder
