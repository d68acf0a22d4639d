"""The AI router on a real PostgreSQL, an in-process bus and a folder store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from ai_router.composition import SPEC, build
from ai_router.jobs.runner import RunnerOptions
from ai_router.jobs.validation import Validator
from ai_router.providers.port import Provider
from ai_router.settings import Settings
from chassis import ids, migrations
from chassis.auth import Identity
from chassis.bus.dead_letters import PostgresDeadLetters
from chassis.bus.memory import InProcessBus
from chassis.bus.port import ACKNOWLEDGE, Binding, QueueSpec
from chassis.clock import SystemClock
from chassis.consumer import _Processor, wait_until
from chassis.context import Context
from chassis.database import Database
from chassis.errors import NotAuthenticated
from chassis.messages import EVENTS, Delivery, outgoing
from chassis.processes import ProcessPool
from chassis.service import Dependencies, Running, Service
from chassis.storage.folder import FolderStore
from contracts.ai_router import SubmitJob
from contracts.catalogue import MESSAGES
from contracts.enums import Capability
from contracts.message import Event, Message

NewDatabase = Callable[..., Awaitable[str]]


class OneUserPerToken:
    """The token is the user's id."""

    async def verify(self, token: str) -> Identity:
        try:
            user = UUID(token)
        except ValueError as malformed:
            raise NotAuthenticated("no") from malformed
        now = datetime.now(UTC)
        return Identity(user, "a@example.org", "user", "talkingphoto", "free", user, now, now + timedelta(hours=1))


@dataclass
class Router:
    """A running AI router and what it has published."""

    service: Service
    database: Database
    store: FolderStore
    bus: InProcessBus
    running: Running
    http: httpx.AsyncClient
    published: list[Event] = field(default_factory=list)

    def delivery(self, message: Message) -> Delivery:
        """``message`` as the bus would hand it over; the same object delivered twice is the same message."""
        wrapped = outgoing(message, service="workflow", now=datetime.now(UTC), cause=Context(correlation_id="c-1"))
        return Delivery("ai_router.commands", wrapped.headers, wrapped.body)

    async def deliver(self, *deliveries: Delivery) -> list[Any]:
        """Hand deliveries to the consumer; its verdicts."""
        assert self.service.consumers is not None
        queue = self.service.consumers.queues["ai_router.commands"]
        return list(await _Processor(queue, self.database, (60.0, 120.0, 240.0))(deliveries))

    async def send(self, *messages: Message) -> None:
        """Deliver each message once, as one batch."""
        await self.deliver(*(self.delivery(message) for message in messages))

    def events(self, kind: type[Any], job_id: UUID | None = None) -> list[Any]:
        """Published events of a kind, in order."""
        return [e for e in self.published if isinstance(e, kind) and job_id in (None, getattr(e, "job_id", None))]

    async def wait_for(self, kind: type[Any], job_id: UUID, *, timeout_s: float = 30.0) -> Any:
        """The first event of a kind about a job."""
        await wait_until(lambda: bool(self.events(kind, job_id)), timeout_s=timeout_s)
        return self.events(kind, job_id)[0]

    async def eventually(self, statement: str, wanted: Any, *, timeout_s: float = 10.0) -> None:
        """Wait until the first column of a statement's rows is ``wanted``."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while (found := [row[0] for row in await self.fetch(statement)]) != wanted:
            assert asyncio.get_running_loop().time() < deadline, found

    async def fetch(self, statement: str, *arguments: Any) -> list[Any]:
        """Rows of the service's database."""
        async with self.database.connection() as connection:
            return list(await connection.fetch(statement, *arguments))

    async def execute(self, statement: str, *arguments: Any) -> None:
        """Change the service's database behind its back."""
        async with self.database.connection() as connection:
            await connection.execute(statement, *arguments)


StartRouter = Callable[..., Awaitable[Router]]


@pytest.fixture(scope="session")
async def processes() -> AsyncIterator[ProcessPool]:
    """One worker process for all tests."""
    pool = ProcessPool(1)
    await pool.start()
    yield pool
    await pool.stop()


@pytest.fixture
async def start_router(new_database: NewDatabase, processes: ProcessPool, tmp_path: Path) -> AsyncIterator[StartRouter]:
    """Start a router: ``await start_router(providers=..., validator=..., options=..., url=...)``."""
    async with AsyncExitStack() as stack:

        async def start(
            providers: Mapping[str, Provider] | None = None,
            *,
            validator: Validator | None = None,
            options: RunnerOptions | None = None,
            url: str | None = None,
            consume: bool = True,
            settings: Mapping[str, Any] | None = None,
        ) -> Router:
            if url is None:
                url = await new_database("ai_router")
                assert SPEC.migrations is not None
                await migrations.upgrade(url, SPEC.migrations)
            database = Database(url, service="ai_router")
            assert SPEC.initial_data is not None
            await SPEC.initial_data(database)
            store = FolderStore(tmp_path / "objects")
            deps = Dependencies(database, store, OneUserPerToken(), SystemClock(), processes)
            chosen = Settings(env="test", catalogue_max_age_s=0.0, **(settings or {}))
            service = build(chosen, deps, providers or {}, validator=validator, options=options)
            bus = InProcessBus(PostgresDeadLetters({"ai_router": database}))
            running = Running(service, bus, consume=consume)
            http = httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://ai")
            router = Router(service, database, store, bus, running, http)
            everything = tuple(Binding(EVENTS, name) for name in MESSAGES)
            bus.subscribe(QueueSpec("test.everything", everything), recorder(router.published))
            await bus.start()
            await running.start()
            stack.push_async_callback(running.stop, 1.0)
            stack.push_async_callback(bus.stop, 1.0)
            stack.push_async_callback(http.aclose)
            return router

        yield start


def recorder(into: list[Event]) -> Any:
    """A consumer that keeps what it gets."""

    async def handle(deliveries: Any) -> Any:
        into.extend(MESSAGES[one.headers["cloudEvents:type"]].model_validate_json(one.body) for one in deliveries)
        return [ACKNOWLEDGE] * len(deliveries)

    return handle


@pytest.fixture
def a_job() -> Callable[..., SubmitJob]:
    """Builds a command; give what the test is about."""

    def make(capability: Capability = Capability.IMAGE_ENHANCEMENT, **fields: Any) -> SubmitJob:
        given = {
            "job_id": ids.uuid7(),
            "run_id": ids.uuid7(),
            "user_id": ids.uuid7(),
            "product_line": "talkingphoto",
            "capability": capability,
            "budget": Decimal(10),
            "plan": "enterprise",
            "deadline": datetime.now(UTC) + timedelta(minutes=5),
        }
        return SubmitJob(**{**given, **fields})

    return make
