"""One service on its own database, driven by hand: a test delivers messages, moves the clock, calls the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import httpx

from chassis.bus.messages import Delivery, Outgoing, outgoing
from chassis.bus.port import Handler, QueueSpec, Verdict
from chassis.clock import Clock, ManualClock
from chassis.data.database import Database
from chassis.errors import NotAuthenticated
from chassis.identity.tokens import Identity, Verifier
from chassis.observe.context import Context
from chassis.run.service import Dependencies, Service, ServiceSpec
from chassis.settings import ServiceSettings, load
from chassis.testing.tokens import an_identity
from contracts.message import Message

M = TypeVar("M", bound=Message)
S = TypeVar("S", bound="Slice")

NOW = datetime(2026, 5, 17, 12, tzinfo=UTC)
"""Where a slice's clock stands at first."""

DatabaseFor = Callable[[ServiceSpec], Awaitable[str]]
"""The URL of a service's migrated, empty database."""


class Recorder:
    """Stands where the outbox publisher would: keeps what was committed."""

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []

    def accept(self, messages: Sequence[Outgoing]) -> None:
        """Messages that have just been committed."""
        self.messages.extend(messages)

    def take_confirmed(self) -> list[UUID]:
        """None: whatever was committed stays in the outbox."""
        return []

    def give_back(self, ids: Sequence[UUID]) -> None:
        """Cannot happen."""
        raise AssertionError(f"{ids} were never taken")


class Handlers:
    """A bus that only remembers handlers, so that a test delivers exactly what it wants, as often as it wants."""

    def __init__(self) -> None:
        self.by_queue: dict[str, Handler] = {}
        self.queue_of: dict[str, str] = {}

    def subscribe(self, queue: QueueSpec, handler: Handler) -> None:
        """Remember the handler and what leads to it."""
        self.by_queue[queue.name] = handler
        for binding in queue.bindings:
            self.queue_of[binding.routing_key] = queue.name


class TokenIsTheUser:
    """A verifier for tests that are not about tokens: the token is the user's id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def verify(self, token: str) -> Identity:
        """A user of the free plan; raises ``NotAuthenticated`` for what is no id."""
        try:
            user_id = UUID(token)
        except ValueError:
            raise NotAuthenticated("no such user") from None
        return an_identity(user_id=user_id, issued_at=self._clock.now())


@dataclass
class ServiceUnderTest:
    """One service on its own database. A test hands it messages, calls its API, looks into its tables."""

    service: Service
    database: Database
    consumers: Handlers
    """The service's own handlers, beside whatever bus it is on."""

    def delivery(self, message: Message, *, source: str = "test", correlation_id: str | None = None) -> Delivery:
        """``message`` as the bus would hand it over; each call is a message of its own."""
        now, cause = self.database.clock.now(), Context(correlation_id=correlation_id)
        wrapped = outgoing(message, service=source, now=now, cause=cause)
        return Delivery(self.consumers.queue_of[wrapped.routing_key], wrapped.headers, wrapped.body)

    async def deliver(self, *deliveries: Delivery) -> Sequence[Verdict]:
        """Hand deliveries of one queue to its consumer as one batch."""
        return await self.consumers.by_queue[deliveries[0].queue](deliveries)

    async def tell(self, *messages: Message) -> Sequence[Verdict]:
        """Deliver new messages of one queue as one batch."""
        return await self.deliver(*(self.delivery(message) for message in messages))

    async def fetch(self, statement: str, *arguments: object) -> list[Any]:
        """Rows of the service's database."""
        async with self.database.connection() as connection:
            return list(await connection.fetch(statement, *arguments))

    async def execute(self, statement: str, *arguments: object) -> None:
        """Change the service's database behind its back."""
        async with self.database.connection() as connection:
            await connection.execute(statement, *arguments)

    def client(self, token: object = None, **headers: str) -> httpx.AsyncClient:
        """A client of the API; ``token`` is sent as the bearer token."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        transport = httpx.ASGITransport(app=self.service.app)
        return httpx.AsyncClient(transport=transport, base_url=f"http://{self.service.name}", headers=headers)


@dataclass
class Slice(ServiceUnderTest):
    """One service without bus and server. ``consumers`` and ``listeners`` hold its handlers."""

    clock: ManualClock
    recorder: Recorder
    listeners: Handlers

    async def announce(self, message: Message) -> Sequence[Verdict]:
        """Let the listeners of this process hear a message."""
        wrapped = outgoing(message, service="test", now=self.clock.now(), cause=Context())
        queue = self.listeners.queue_of[wrapped.routing_key]
        return await self.listeners.by_queue[queue]([Delivery(queue, wrapped.headers, wrapped.body)])

    def sent(self, kind: type[M]) -> list[Outgoing]:
        """Messages of a type that were committed, envelope and all."""
        return [message for message in self.recorder.messages if message.headers["cloudEvents:type"] == kind.NAME]

    def said(self, kind: type[M]) -> list[M]:
        """What the committed messages of a type say."""
        return [kind.model_validate_json(message.body) for message in self.sent(kind)]

    async def rows(self, statement: str, *arguments: object) -> list[dict[str, Any]]:
        """Rows of the service's database by column, to be compared as a whole."""
        return [dict(row) for row in await self.fetch(statement, *arguments)]


@asynccontextmanager
async def slice_of(
    spec: ServiceSpec,
    database_for: DatabaseFor,
    kind: type[S],
    *,
    verifier: Verifier | None = None,
    clock: ManualClock | None = None,
    settings: Mapping[str, Any] | None = None,
) -> AsyncIterator[S]:
    """Build a service that needs neither store nor process pool, on an empty database with its initial data.

    ``kind`` is ``Slice``, or a subclass of it that knows more about the service.
    """
    clock = clock or ManualClock(NOW)
    database = Database(await database_for(spec), service=spec.name, clock=clock)
    try:
        if spec.initial_data is not None:
            await spec.initial_data(database)
        recorder, consumers, listeners = Recorder(), Handlers(), Handlers()
        database.outbox = recorder
        chosen: ServiceSettings = load(spec.settings, **{"env": "test", **(settings or {})})
        dependencies = Dependencies(
            database=database,
            store=None,  # type: ignore[arg-type]  # such a service never asks for it
            verifier=verifier or TokenIsTheUser(clock),
            clock=clock,
            processes=None,  # type: ignore[arg-type]
        )
        service = spec.build(chosen, dependencies)
        if service.consumers is not None:
            service.consumers.attach(consumers, database, retry_delays_s=(1, 2, 4))  # type: ignore[arg-type]
        if service.listeners is not None:
            service.listeners.attach(listeners)  # type: ignore[arg-type]
        async with service.app.router.lifespan_context(service.app):
            yield kind(service, database, consumers, clock, recorder, listeners)
    finally:
        await database.close()
