"""What the chassis' tests of messaging share: databases with the chassis' tables, a bus under the test's control."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import ids
from chassis.bus.messages import Outgoing
from chassis.bus.port import Confirmed, DeadLetter, Handler, PublishFailed, QueueSpec
from chassis.data import tables
from chassis.data.database import Database
from chassis.observe import traces
from chassis.settings import ServiceSettings
from chassis.testing.plugin import NewDatabase
from contracts.users import UserRegistered

NewService = Callable[..., Awaitable[Database]]


@pytest_asyncio.fixture(loop_scope="session")
async def new_service(new_database: NewDatabase) -> AsyncIterator[NewService]:
    """Databases of services, with the chassis' tables and one more: ``effects (name text)``.

    ``url``: a further pool on a database that exists, as another process would have.
    """
    made: list[Database] = []

    async def create(name: str = "billing", *, url: str | None = None, **settings: Any) -> Database:
        database = Database(url or await new_database(name), service=name, **settings)
        made.append(database)
        if url is None:
            async with database.connection() as connection:
                for statement in tables.STATEMENTS:
                    await connection.execute(statement)
                await connection.execute("CREATE TABLE effects (name text NOT NULL)")
        return database

    yield create
    for database in made:
        await database.close()


class ScriptedBus:
    """Takes messages as the test says: confirms those that ``takes`` allows, or holds all of them."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.calls = 0
        self.takes: Callable[[Outgoing], bool] = lambda _: True
        self.is_ready = True
        self.open = asyncio.Event()
        self.open.set()
        self.last_confirmed: Confirmed | None = None

    async def publish(self, messages: Sequence[Outgoing], confirmed: Confirmed) -> None:
        self.calls += 1
        self.last_confirmed = confirmed
        self.published.extend(messages)
        await self.open.wait()
        taken = [message.id for message in messages if self.takes(message)]
        confirmed(taken)
        if len(taken) < len(messages):
            raise PublishFailed(f"{len(messages) - len(taken)} of {len(messages)} refused")

    @property
    def ids(self) -> list[UUID]:
        return [message.id for message in self.published]

    async def ready(self) -> None:
        if not self.is_ready:
            raise PublishFailed("away")

    async def start(self) -> None: ...

    async def pause(self, grace_s: float = 10.0) -> None: ...

    async def stop(self, grace_s: float = 10.0) -> None: ...

    def subscribe(self, queue: QueueSpec, handler: Handler) -> None: ...

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        return []

    async def replay(self, queue: str, message_ids: Sequence[UUID] | None = None) -> int:
        return 0

    def queues(self) -> list[str]:
        return []

    async def depths(self) -> Mapping[str, int]:
        return {}


@pytest.fixture
def scripted_bus() -> ScriptedBus:
    return ScriptedBus()


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Spans that were recorded, all traces being sampled."""
    exporter = InMemorySpanExporter()
    traces.configure_tracing(
        ServiceSettings(service_name="things", trace_sample_ratio=1.0, object_store="s3", s3_bucket_name="b"), exporter
    )
    yield exporter
    traces.configure_tracing(ServiceSettings())


@pytest.fixture
def registered() -> Callable[..., UserRegistered]:
    """An event of the real contracts; ``username`` tells them apart."""

    def make(username: str = "ann") -> UserRegistered:
        return UserRegistered(
            user_id=ids.uuid7(), email="ann@example.com", username=username, home_product_line="talkingphoto"
        )

    return make


async def _count(database: Database, table: str) -> int:
    async with database.connection() as connection:
        count: int = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
        return count


@pytest.fixture
def count() -> Callable[[Database, str], Awaitable[int]]:
    """How many rows a table has."""
    return _count


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    """Wait until an asynchronous question is answered with yes."""

    async def wait(question: Callable[[], Awaitable[bool]], timeout_s: float = 10) -> None:
        async with asyncio.timeout(timeout_s):
            while not await question():
                await asyncio.sleep(0.02)

    return wait
