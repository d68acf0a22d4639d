"""The two processes of a service in the distributed topology: one answers HTTP, one works on messages.

``python -m <service>.api`` and ``python -m <service>.worker`` call :func:`run_api` and :func:`run_worker`;
``python -m <service>.migrate`` calls :func:`run_migrations`. Everything they need comes from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
import uvicorn
import uvloop

from chassis.bus.memory import InProcessBus
from chassis.bus.port import Bus
from chassis.bus.rabbitmq.bus import RabbitMQBus
from chassis.clock import SystemClock
from chassis.data import migrations
from chassis.data.database import Database
from chassis.http.operations import Check, operations_app
from chassis.http.requests import STOPPING
from chassis.http.server import bounded
from chassis.identity.tokens import TokenVerifier
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.observe.logs import configure_logging, log_what_ends_us
from chassis.observe.traces import configure_tracing
from chassis.run.service import Dependencies, Running, Service, ServiceSpec
from chassis.run.temporary import own_temporary_folder
from chassis.settings import ServiceSettings, SettingsError, load
from chassis.storage import FallbackStore, open_store
from chassis.work.process_pool import ProcessPool
from contracts import line_changes

log = structlog.get_logger(__name__)

GRACE_S = 5.0
"""How long a process may take to finish what it has in hand after SIGTERM (F03)."""


GARBAGE_AFTER = (50_000, 20, 20)
"""Net new objects before a collection of the youngest, and how many collections before one of the next older ones."""


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process decides when to stop, and in which order.

    Requests are told, so that answers without an end of their own do not hold it up.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Leave signals to the process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin; every request's state has an event for the end."""
        self._stopping = self.lifespan.state[STOPPING] = asyncio.Event()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, tell what is being answered, wait for it."""
        self._stopping.set()
        await super().shutdown(sockets)


@dataclass(frozen=True)
class Assembled:
    """A service with everything it was given."""

    service: Service
    settings: ServiceSettings
    dependencies: Dependencies


def assemble(spec: ServiceSpec, settings: ServiceSettings) -> Assembled:
    """Build a service from its settings alone. Starts nothing."""
    clock = SystemClock(settings.clock_offset_s, settings.clock_file)
    database = (
        Database(
            settings.database_url.get_secret_value(),
            service=spec.name,
            pool_size=settings.pool_size,
            max_overflow=settings.pool_overflow,
            clock=clock,
        )
        if spec.migrations is not None
        else None
    )
    dependencies = Dependencies(
        database=database,
        store=open_store(settings),
        verifier=TokenVerifier.from_settings(settings, clock=clock.timestamp),
        clock=clock,
        processes=ProcessPool(settings.media_processes),
    )
    return Assembled(spec.build(settings, dependencies), settings, dependencies)


def open_bus(settings: ServiceSettings, databases: dict[str, Database]) -> Bus:
    """The bus that the settings name."""
    if settings.bus == "rabbitmq" and settings.rabbitmq_url is not None:
        return RabbitMQBus(settings.rabbitmq_url.get_secret_value())
    return InProcessBus(PostgresDeadLetters(databases))


def run_api(spec: ServiceSpec) -> None:
    """Answer HTTP until SIGTERM or SIGINT; ``/ready`` and ``/metrics`` answer on ``ADMIN_PORT``."""
    _run(spec, _api)


def run_worker(spec: ServiceSpec) -> None:
    """Work on messages until SIGTERM or SIGINT; ``/health``, ``/ready`` and ``/metrics`` answer on ``ADMIN_PORT``."""
    _run(spec, _worker)


def run_migrations(spec: ServiceSpec) -> None:
    """Bring the database up to date and load initial data, then end. Repeatable."""
    asyncio.run(migrate(spec, _loaded(spec)))


async def migrate(spec: ServiceSpec, settings: ServiceSettings) -> None:
    """Migrations, then the repeatable initial data."""
    if spec.migrations is None:
        return
    url = settings.database_url.get_secret_value()
    await migrations.upgrade(url, spec.migrations)
    if spec.initial_data is not None:
        database = Database(url, service=spec.name)
        try:
            await spec.initial_data(database)
        finally:
            await database.close()


async def _api(spec: ServiceSpec, settings: ServiceSettings) -> None:
    assembled = assemble(spec, settings)
    app = assembled.service.app
    async with _messages(assembled, consume=False, serve=True) as bus, _stop_signal() as stop:
        operations = operations_app(spec.name, readiness_of(assembled.service, bus))
        await _serve([server_config(app, settings), operations_config(operations, settings)], stop)


async def _worker(spec: ServiceSpec, settings: ServiceSettings) -> None:
    assembled = assemble(spec, settings)
    async with _messages(assembled, consume=True, serve=False) as bus, _stop_signal() as stop:
        operations = operations_app(spec.name, readiness_of(assembled.service, bus))
        await _serve([operations_config(operations, settings)], stop)


def readiness_of(service: Service, bus: Bus) -> dict[str, Check]:
    """What a process of the service needs, whichever of the two it is: it publishes, hears, reads and writes."""
    return {**service.app.state.readiness, "bus": bus.ready, "queues": bus.reading}


@asynccontextmanager
async def _messages(assembled: Assembled, *, consume: bool, serve: bool) -> AsyncIterator[Bus]:
    service, settings = assembled.service, assembled.settings
    databases = {service.name: service.database} if service.database is not None else {}
    bus = open_bus(settings, databases)
    running = Running(service, bus, consume=consume, serve=serve, retry_delays_s=settings.retry_delays_s)
    store = assembled.dependencies.store
    await assembled.dependencies.processes.start()
    if isinstance(store, FallbackStore):
        await store.start()
    await bus.start()
    await running.start()
    _spare_collections()
    try:
        yield bus
    finally:
        await bus.pause(GRACE_S)
        await running.stop(GRACE_S)
        await bus.stop(GRACE_S)
        if isinstance(store, FallbackStore):
            await store.stop(GRACE_S)
        await assembled.dependencies.processes.stop(GRACE_S)


def _spare_collections() -> None:
    """What was made to get here stays until the end: the garbage collector need not look at it again and again.

    A batch of messages is some ten thousand objects that all die with it, without cycles; Python's usual seven hundred
    would mean dozens of collections a batch.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)


@asynccontextmanager
async def _stop_signal() -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    yield stop


async def _serve(configs: Sequence[uvicorn.Config], stop: asyncio.Event) -> None:
    servers = [Server(config) for config in configs]
    serving = [asyncio.create_task(server.serve()) for server in servers]
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({*serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*serving)


def server_config(app: Any, settings: ServiceSettings) -> uvicorn.Config:
    """uvicorn on the service's own port, with the bounds that the settings set."""
    return bounded(app, settings, host=settings.host, port=settings.port, grace_s=GRACE_S)


def operations_config(app: Any, settings: ServiceSettings) -> uvicorn.Config:
    """uvicorn on the port for those who run the service."""
    return bounded(app, settings, host=settings.admin_host, port=settings.admin_port, grace_s=GRACE_S)


def _loaded(spec: ServiceSpec) -> ServiceSettings:
    try:
        settings = load(spec.settings)
    except SettingsError as error:
        # Before there is a log, and in its form.
        refused = {"message": "settings.refused", "level": "critical", "service": spec.name, "error": str(error)}
        sys.stderr.write(f"{json.dumps(refused)}\n")
        raise SystemExit(2) from error
    line_changes.apply(settings.product_lines)
    return settings


def _run(spec: ServiceSpec, main: Callable[[ServiceSpec, ServiceSettings], Coroutine[Any, Any, None]]) -> None:
    settings = _loaded(spec)
    configure_logging(settings)
    log_what_ends_us()
    configure_tracing(settings)
    with (
        own_temporary_folder(settings.temporary_folder),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(main(spec, settings))
