"""The embedded topology: every service in one process, over a private PostgreSQL and the in-process bus."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

import structlog
import uvicorn

from chassis.bus.memory import InProcessBus
from chassis.clock import SystemClock
from chassis.data.database import Database
from chassis.http.operations import Check, operations_app
from chassis.identity.tokens import TokenVerifier
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.observe.logs import configure_logging
from chassis.observe.traces import configure_tracing
from chassis.run.private_postgres import PrivatePostgres
from chassis.run.process import Server, migrate, operations_config, server_config
from chassis.run.service import Dependencies, Running, Service
from chassis.settings import ServiceSettings, load
from chassis.storage import FallbackStore, open_store
from chassis.work.process_pool import ProcessPool
from contracts import line_changes
from talkingphoto_runner.keeper import Keeper, database_part
from talkingphoto_runner.layout import (
    CLIENTS_WAIT_FOR_MEDIA,
    Home,
    common_settings,
    listening_socket,
    port_said_by,
    settings_of,
    specs,
    url_of,
    where_to_look,
)
from talkingphoto_runner.presence import Presence

log = structlog.get_logger(__name__)

Say = Callable[[str], None]
_GRACE_S = 5.0


class EmbeddedPlatform:
    """Starts, serves and stops everything. Data stays in ``home``; unfinished runs go on at the next start.

    ``overrides``: settings by service name, on top of the environment. ``port`` 0 takes a free one. ``tell`` hears what
    becomes of the database while it runs.
    """

    def __init__(
        self,
        home: Home,
        *,
        port: int = 0,
        media_processes: int | None = None,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        tell: Say = lambda _: None,
    ) -> None:
        self.home = home
        self.postgres = PrivatePostgres(home.postgres)
        self.url = ""
        self.urls: dict[str, str] = {}
        self.operations: dict[str, str] = {}
        """Where the one process has ``/ready`` and ``/metrics``."""
        self.servers: dict[str, str] = {}
        """Where the database is, for whoever looks into it."""
        self.services: dict[str, Service] = {}
        self.databases: dict[str, Database] = {}
        self.bus = InProcessBus(PostgresDeadLetters(self.databases))
        self._port = port
        self._media_processes = media_processes or max(1, (os.cpu_count() or 2) - 1)
        self._rendering = ProcessPool(self._media_processes)
        self._looking = ProcessPool(1)
        """For work that a client waits for: an upload must not queue behind a minute of rendering."""
        self._overrides = overrides or {}
        self._running: list[Running] = []
        self._servers: list[tuple[Server, asyncio.Task[None]]] = []
        self._sockets: list[socket.socket] = []
        self._store: FallbackStore | None = None
        self._presence = Presence(home)
        self._tell = tell
        self._database: Keeper | None = None

    async def start(self, say: Say = lambda _: None) -> None:
        """Bring everything up. Raises ``AlreadyRunning``; ``OSError`` when the port is taken."""
        self.home.prepare()
        self._presence.take()
        admin_port = port_said_by("ADMIN_PORT")
        known = specs()
        sockets = {name: listening_socket(port=self._port if name == "gateway" else 0) for name in known}
        operations = listening_socket(port=admin_port, by="ADMIN_PORT")
        self._sockets = [*sockets.values(), operations]
        self.urls = {name: url_of(sock) for name, sock in sockets.items()}
        self.url = self.urls["gateway"]
        say("database")
        await self.postgres.start()
        self._database = Keeper(database_part(self.postgres), self._tell)
        settings = {name: await self._settings(name) for name in known}
        # One environment, one process: all services say the same.
        line_changes.apply(settings["gateway"].product_lines)
        ours = settings["gateway"].model_copy(update={"service_name": "talkingphoto"})
        configure_logging(ours)
        configure_tracing(ours)
        say("migrations")
        for name, spec in known.items():
            await migrate(spec, settings[name])
        say("services")
        store = open_store(settings["gateway"])
        clock = SystemClock(settings["gateway"].clock_offset_s, settings["gateway"].clock_file)
        verifier = TokenVerifier.from_settings(settings["gateway"], clock=clock.timestamp)
        for name, spec in known.items():
            database = None
            if spec.migrations is not None:
                database = Database(settings[name].database_url.get_secret_value(), service=name, clock=clock)
                self.databases[name] = database
            processes = self._looking if name in CLIENTS_WAIT_FOR_MEDIA else self._rendering
            dependencies = Dependencies(database, store, verifier, clock, processes)
            service = self.services[name] = spec.build(settings[name], dependencies)
            self._running.append(Running(service, self.bus, alone=True, retry_delays_s=settings[name].retry_delays_s))
        for processes in (self._rendering, self._looking):
            await processes.start()
        if isinstance(store, FallbackStore):
            await store.start()
            self._store = store
        await self.bus.start()
        for name, service in self.services.items():
            self._serve(name, server_config(service.app, settings[name]), sockets[name])
        self._serve(
            "operations", operations_config(operations_app("talkingphoto", self._readiness()), ours), operations
        )
        await self._wait_until_served()
        for running in self._running:
            await running.start()
        self.operations = {"talkingphoto": url_of(operations)}
        self.servers = {"database": where_to_look(self.postgres)}
        self._presence.announce(self.url, self.operations, **self.servers)
        log.info("platform.started", url=self.url)

    async def stop(self) -> None:
        """Stop in the order in which nothing gets lost: clients, messages, work, database."""
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._servers), return_exceptions=True)
        for sock in self._sockets:
            # Those that nobody came to serve.
            sock.close()
        await self.bus.pause(_GRACE_S)
        await asyncio.gather(*(running.stop(_GRACE_S) for running in self._running))
        await self.bus.stop(_GRACE_S)
        if self._store is not None:
            await self._store.stop(_GRACE_S)
        await asyncio.gather(self._rendering.stop(), self._looking.stop())
        if self._database is not None:
            await self._database.let_go()
        if self._presence.taken:
            await self.postgres.stop()
        self._presence.release()

    async def _settings(self, name: str) -> ServiceSettings:
        spec = specs()[name]
        url = await self.postgres.create_database(name) if spec.migrations is not None else ""
        fields: dict[str, Any] = {
            "service_name": name,
            "database_url": url,
            "bus": "memory",
            "alone": True,
            "log_stdout": False,
            "media_processes": self._media_processes,
            "log_file": self.home.logs / "platform.log",
            **common_settings(self.home, self.urls),
            **settings_of(name, self.home, self.urls),
            **self._overrides.get(name, {}),
        }
        return load(spec.settings, **fields)

    def _readiness(self) -> dict[str, Check]:
        checks: dict[str, Check] = {"bus": self.bus.ready}
        for name, service in self.services.items():
            checks |= {f"{name}.{what}": check for what, check in service.app.state.readiness.items()}
        return checks

    def _serve(self, name: str, config: uvicorn.Config, sock: socket.socket) -> None:
        server = Server(config)
        task = asyncio.create_task(server.serve(sockets=[sock]), name=f"serve {name}")
        self._servers.append((server, task))

    async def _wait_until_served(self) -> None:
        async with asyncio.timeout(30):
            while not all(server.started for server, _ in self._servers):
                for _, task in self._servers:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)
