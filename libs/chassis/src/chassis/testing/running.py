"""One service as it runs, in the test's own process: background parts at work, messages over an in-process bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import httpx

from chassis.bus.memory import InProcessBus
from chassis.bus.messages import EVENTS, Delivery
from chassis.bus.port import ACKNOWLEDGE, Binding, QueueSpec, Verdict
from chassis.clock import SystemClock
from chassis.data.database import Database
from chassis.identity.tokens import Verifier
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.run.service import Dependencies, Running, ServiceSpec
from chassis.settings import ServiceSettings, load
from chassis.storage.port import ObjectStore
from chassis.testing.slices import Handlers, ServiceUnderTest, TokenIsTheUser
from chassis.work.process_pool import ProcessPool
from contracts import catalogue
from contracts.envelope import Envelope
from contracts.message import Event, Message

E = TypeVar("E", bound=Event)
R = TypeVar("R", bound="RunningSlice")

_GRACE_S = 1.0


@dataclass
class RunningSlice(ServiceUnderTest):
    """A running service and what it has published. A subclass knows more about the service."""

    store: ObjectStore
    bus: InProcessBus
    running: Running
    http: httpx.AsyncClient = field(init=False)
    """A client of the API that sends no token of its own."""
    published: list[Event] = field(init=False, default_factory=list)
    """The service's own events, in the order in which they left."""

    def __post_init__(self) -> None:
        self.http = self.client()
        own = tuple(Binding(EVENTS, kind.NAME) for kind in catalogue.events() if kind.owner() == self.service.name)
        self.bus.subscribe(QueueSpec("test.published", own), self._keep)

    def events(self, kind: type[E]) -> list[E]:
        """Published events of a kind, in order."""
        return [event for event in self.published if isinstance(event, kind)]

    async def eventually(self, statement: str, wanted: Sequence[Any], *, timeout_s: float = 20.0) -> None:
        """Wait until the first column of a statement's rows is ``wanted``; ``AssertionError`` with what it is."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while (found := [row[0] for row in await self.fetch(statement)]) != wanted:
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"{found} instead of {wanted}")
            await asyncio.sleep(0.01)

    async def _keep(self, deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        for delivery in deliveries:
            message = message_in(delivery)
            assert isinstance(message, Event)  # noqa: S101  # nothing else is bound to the queue
            self.published.append(message)
        return [ACKNOWLEDGE] * len(deliveries)


def message_in(delivery: Delivery) -> Message:
    """What a delivery says, whatever its type."""
    return catalogue.MESSAGES[Envelope.from_headers(delivery.headers).type].model_validate_json(delivery.body)


@asynccontextmanager
async def running_slice(
    spec: ServiceSpec,
    kind: Callable[..., R],
    *,
    url: str,
    store: ObjectStore,
    processes: ProcessPool,
    verifier: Verifier | None = None,
    settings: Mapping[str, Any] | None = None,
    consume: bool = True,
    alone: bool = False,
    retry_delays_s: tuple[float, ...] = (60.0, 120.0, 240.0),
) -> AsyncIterator[R]:
    """Start a service on the migrated database at ``url``, with its initial data; stop it at the end.

    ``kind`` is ``RunningSlice``, or what makes a subclass of it. Without ``consume`` nothing works on messages but
    what the test delivers. ``alone`` and ``retry_delays_s`` as for :class:`chassis.run.service.Running`.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = Database(url, service=spec.name, clock=clock)
        stack.push_async_callback(database.close)
        if spec.initial_data is not None:
            await spec.initial_data(database)
        dependencies = Dependencies(database, store, verifier or TokenIsTheUser(clock), clock, processes)
        chosen: ServiceSettings = load(spec.settings, **{"env": "test", **(settings or {})})
        service = spec.build(chosen, dependencies)
        consumers = Handlers()
        if service.consumers is not None:
            service.consumers.attach(consumers, database, retry_delays_s=retry_delays_s)  # type: ignore[arg-type]
        bus = InProcessBus(PostgresDeadLetters({spec.name: database}))
        running = Running(service, bus, consume=consume, alone=alone, retry_delays_s=retry_delays_s)
        made = kind(service, database, consumers, store, bus, running)
        stack.push_async_callback(running.stop, _GRACE_S)
        stack.push_async_callback(bus.stop, _GRACE_S)
        stack.push_async_callback(made.http.aclose)
        await bus.start()
        await running.start()
        yield made


class StartSlice(Protocol):
    """Starts services that stop at the end of the test."""

    async def __call__(
        self,
        spec: ServiceSpec,
        kind: Callable[..., R],
        *,
        url: str | None = None,
        store: ObjectStore | None = None,
        **options: Any,
    ) -> R:
        """:func:`running_slice`, with the service's emptied database and the test's folder store unless given."""
        ...
