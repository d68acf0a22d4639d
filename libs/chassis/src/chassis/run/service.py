"""A service as the composition roots see it: an HTTP app, consumers and background parts around one database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import structlog
from fastapi import FastAPI

from chassis.bus.port import Bus
from chassis.clock import Clock
from chassis.data.database import Database
from chassis.data.retention import Kept
from chassis.identity.tokens import Verifier
from chassis.messaging.consumer import Consumers
from chassis.messaging.dead_letter_routes import dead_letters_router
from chassis.messaging.depths import QueueDepths
from chassis.messaging.listeners import Listeners
from chassis.messaging.outbox import Outbox
from chassis.observe.logs import service_scope
from chassis.settings import ServiceSettings
from chassis.storage.port import ObjectStore
from chassis.work.figures import Figure, Figures
from chassis.work.process_pool import ProcessPool
from chassis.work.sweeper import Sweeper

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Dependencies:
    """What a composition root hands to a service; none of it says which topology it is.

    ``database`` is None for a service that owns none. ``processes`` is started by the root.
    """

    database: Database | None
    store: ObjectStore
    verifier: Verifier
    clock: Clock
    processes: ProcessPool


class Background(Protocol):
    """Something that runs beside the consumers: a work pool, a timer loop, a poller."""

    async def start(self) -> None:
        """Begin; returns at once."""
        ...

    async def stop(self, grace_s: float = 5.0) -> None:
        """End within the grace; nothing may be lost."""
        ...


@dataclass(frozen=True)
class Service:
    """What a service's ``build`` returns. Nothing in it has been started.

    ``consumers`` and ``background`` run in worker processes, ``listeners`` in API processes; the embedded topology
    runs all of them. ``retention``: how long rows of its own tables are kept.
    """

    name: str
    app: FastAPI
    database: Database | None = None
    consumers: Consumers | None = None
    listeners: Listeners | None = None
    background: Sequence[Background] = field(default_factory=tuple)
    retention: Sequence[Kept] = ()
    figures: Sequence[Figure] = ()


@dataclass(frozen=True)
class ServiceSpec:
    """How a service is made. Each service's ``composition`` module has one, named ``SPEC``.

    ``build`` takes the settings and the dependencies and starts nothing. ``migrations`` is None without a database.
    ``initial_data`` is repeatable and runs after every migration, before anything else.
    """

    name: str
    settings: type[ServiceSettings]
    build: Callable[[Any, Dependencies], Service]
    migrations: Path | None = None
    initial_data: Callable[[Database], Awaitable[object]] | None = None


class Running:
    """The message side of one service in one process: outbox, consumers, listeners, background parts.

    ``consume`` for a process that works on messages, ``serve`` for one that answers HTTP; the embedded one does both.
    ``alone``: this is the only process of the service on its database, so leases found at the start belong to the
    dead (the embedded topology).
    """

    def __init__(
        self,
        service: Service,
        bus: Bus,
        *,
        consume: bool = True,
        serve: bool = True,
        alone: bool = False,
        retry_delays_s: tuple[float, ...] = (60.0, 120.0, 240.0),
    ) -> None:
        self._service = service
        self._outbox = Outbox(service.database, bus, alone=alone) if service.database is not None else None
        self._background = tuple(service.background) if consume else ()
        if consume and service.consumers is not None and service.database is not None:
            service.consumers.attach(bus, service.database, retry_delays_s=retry_delays_s)
            self._background += (
                Sweeper(service.database, service.retention),
                QueueDepths(bus),
                Figures(service.database, service.figures),
            )
        if serve and service.listeners is not None:
            service.listeners.attach(bus)
        if serve and service.consumers is not None:
            kept = [queue.name for queue in service.consumers.queues.values() if queue.shared]
            service.app.include_router(dead_letters_router(bus, kept))

    async def start(self) -> None:
        """Start; the bus has been started with all subscriptions in place."""
        # Loops inherit the scope, so that where one process runs several services each line names the right one.
        with service_scope(self._service.name):
            if self._outbox is not None:
                await self._outbox.start()
            for part in self._background:
                await part.start()

    async def stop(self, grace_s: float = 5.0) -> None:
        """Stop background parts, publish what they and the last handlers committed, close the database.

        The bus is the caller's: paused before this, so that no handler commits any more, and stopped after it.
        What cannot end in order, because the database is away, is told and keeps nothing else from ending.
        """
        await asyncio.gather(*(self._end(part, part.stop(grace_s)) for part in self._background))
        if self._outbox is not None:
            await self._end(self._outbox, self._outbox.stop(grace_s))
        if self._service.database is not None:
            await self._service.database.close()

    async def _end(self, part: object, stopping: Awaitable[None]) -> None:
        try:
            await stopping
        except Exception:
            # What was left undone is found by whoever starts next: leases run out, outbox rows stay.
            log.exception("service.part_not_stopped", service=self._service.name, part=type(part).__name__)
