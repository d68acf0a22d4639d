"""Fixtures for every test of every member. Loaded with ``-p chassis.testing.plugin`` from the root settings."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog
from hypothesis import settings

from chassis import ids
from chassis.data import migrations
from chassis.observe.logs import configure_logging, mask_secrets
from chassis.run.private_postgres import PrivatePostgres
from chassis.run.private_rabbitmq import BreakableBroker, Broker, find_or_start, start_breakable
from chassis.run.service import ServiceSpec
from chassis.settings import ServiceSettings
from chassis.storage.folder import FolderStore
from chassis.storage.port import ObjectStore
from chassis.testing.folders import quick_folder
from chassis.testing.pooler import private_postgres
from chassis.testing.rabbitmq import RabbitMQBuses
from chassis.testing.routes import resolve_once
from chassis.testing.running import R, StartSlice, running_slice
from chassis.testing.slices import DatabaseFor
from chassis.work.process_pool import ProcessPool

# How long one example takes says something about the machine's other work, nothing about the property.
settings.register_profile("talkingphoto", deadline=None)
settings.load_profile("talkingphoto")

NewDatabase = Callable[..., Awaitable[str]]


# A whole test run comes from one address. Tests of the limits set their own factor.
os.environ.setdefault("RATE_LIMIT_FACTOR", "1000")


def pytest_collection_finish() -> None:
    """Once for the run: what has been imported stays, so the collector need not look through it in every test."""
    resolve_once()
    gc.collect()
    gc.freeze()
    gc.set_threshold(5000, 10, 10)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Plain log lines: drawing a traceback with every local takes seconds, and shows values that are secret."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            mask_secrets,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[PrivatePostgres]:
    """A PostgreSQL of this test run."""
    # Not below pytest's own temporary folder: the server's user must be able to enter every folder on the way.
    folder = quick_folder("talkingphoto-pg-")
    server = private_postgres(folder / "data")
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
async def _migrated(postgres: PrivatePostgres) -> AsyncIterator[dict[str, str]]:
    """Names of the databases that have been migrated in this run, by service."""
    databases: dict[str, str] = {}
    yield databases
    for name in databases.values():
        await postgres.drop_database(name)


@pytest.fixture
def database_for(postgres: PrivatePostgres, _migrated: dict[str, str]) -> DatabaseFor:
    """The migrated, empty database of a service, one for each test: ``url = await database_for(SPEC)``."""

    async def empty(spec: ServiceSpec) -> str:
        if spec.name not in _migrated:
            name = f"{spec.name}_{ids.uuid7().hex}"
            url = await postgres.create_database(name)
            if spec.migrations is not None:
                await migrations.upgrade(url, spec.migrations)
            _migrated[spec.name] = name
            return url
        await _empty(postgres, _migrated[spec.name])
        return postgres.url(_migrated[spec.name])

    return empty


async def _empty(postgres: PrivatePostgres, database: str) -> None:
    """Delete every row that is not the chassis' own; sixty times quicker than a new database for each test."""
    connection = await postgres.connect(database)
    try:
        tables = await connection.fetch(
            "SELECT quote_ident(relname) AS name FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace AND relname NOT IN ('alembic_version', 'outbox_relay')"
        )
        # As a replica: neither foreign keys nor the triggers of append-only tables stand in the way.
        statements = ["SET session_replication_role = replica", *(f"DELETE FROM {row['name']}" for row in tables)]  # noqa: S608
        await connection.execute("; ".join(statements))
    finally:
        await connection.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def processes() -> AsyncIterator[ProcessPool]:
    """One worker process for all tests."""
    pool = ProcessPool(1)
    await pool.start()
    yield pool
    await pool.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def start_slice(database_for: DatabaseFor, processes: ProcessPool, tmp_path: Path) -> AsyncIterator[StartSlice]:
    """Start services in this process: ``router = await start_slice(SPEC, RunningSlice, consume=False)``."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(
            spec: ServiceSpec,
            kind: Callable[..., R],
            *,
            url: str | None = None,
            store: ObjectStore | None = None,
            **options: Any,
        ) -> R:
            url = url or await database_for(spec)
            store = store or FolderStore(tmp_path / "objects")
            running = running_slice(spec, kind, url=url, store=store, processes=processes, **options)
            return await stack.enter_async_context(running)

        yield start


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rabbitmq() -> AsyncIterator[Broker]:
    """A RabbitMQ for this test run: the one that is named, else one of its own. Started when first asked for."""
    folder = quick_folder("talkingphoto-mq-")
    async with find_or_start(folder) as broker:
        yield broker
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def breakable_rabbitmq() -> AsyncIterator[BreakableBroker]:
    """A RabbitMQ that tests may kill and freeze; each leaves it running."""
    folder = quick_folder("talkingphoto-mq-")
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
def logged(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """What a process called ``test`` would have logged so far in this test, from DEBUG on: ``logged()``."""
    path = tmp_path / "test.log"
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logging(ServiceSettings(service_name="test", log_level="DEBUG", log_stdout=False, log_file=path))
    # A logger that were kept would write to this file in later tests.
    structlog.configure(cache_logger_on_first_use=False)
    yield path.read_text
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def free_folder() -> Iterator[Path]:
    """A folder that other users can enter, removed afterwards."""
    folder = quick_folder("talkingphoto-")
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder
