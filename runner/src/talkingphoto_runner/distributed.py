"""The distributed topology on one machine, without Docker: for development, tests and benchmarks.

The same services as in production, each as an API process and a worker process, over RabbitMQ and PostgreSQL.
Processes are children of this one and are addressed as ``billing.api`` or ``billing.worker``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from chassis.run.private_postgres import PrivatePostgres
from chassis.run.private_rabbitmq import Broker, find_or_start
from chassis.run.process import GRACE_S, migrate
from chassis.settings import load
from talkingphoto_runner.layout import Home, common_settings, listening_socket, settings_of, specs, url_of
from talkingphoto_runner.presence import Presence

Say = Callable[[str], None]
KINDS = ("api", "worker")
_START_TIMEOUT_S = 120.0


class DidNotStart(RuntimeError):
    """A process ended, or did not become ready in time; the text names its log."""


class DistributedPlatform:
    """Starts everything, and lets tests stop, kill and start single processes.

    ``environment``: settings for single processes by name (``billing.worker``), for a service (``billing``) or for
    all (``*``); values that are no text become JSON. ``broker``: one that runs already.
    """

    def __init__(
        self,
        home: Home,
        *,
        port: int = 0,
        broker: Broker | None = None,
        environment: Mapping[str, Mapping[str, Any]] | None = None,
        services: Iterable[str] | None = None,
    ) -> None:
        self.home = home
        self.postgres = PrivatePostgres(home.postgres)
        self.broker = broker
        self.url = ""
        self.urls: dict[str, str] = {}
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self.environment: dict[str, dict[str, Any]] = {k: dict(v) for k, v in (environment or {}).items()}
        self._port = port
        self.operations: dict[str, str] = {}
        """Where each process has ``/ready`` and ``/metrics``."""
        self._ports: dict[str, int] = {}
        self._admin_ports: dict[str, int] = {}
        self._database_urls: dict[str, str] = {}
        self._services = tuple(services) if services is not None else tuple(specs())
        self._presence = Presence(home)
        self._stack = AsyncExitStack()

    async def start(self, say: Say = lambda _: None) -> None:
        """Bring everything up; returns when all is ready. Raises :class:`DidNotStart` or ``AlreadyRunning``."""
        self.home.prepare()
        self._presence.take()
        self._choose_ports()
        say("database")
        await self.postgres.start()
        say("broker")
        if self.broker is None:
            self.broker = await self._stack.enter_async_context(find_or_start(self.home.rabbitmq))
        known = specs()
        for name in self._services:
            if known[name].migrations is not None:
                self._database_urls[name] = await self.postgres.create_database(name)
        say("migrations")
        for name in self._services:
            await self._migrate(name)
        say("services")
        names = [f"{name}.{kind}" for name in self._services for kind in KINDS if self._has(name, kind)]
        await asyncio.gather(*(self.start_process(name) for name in names))
        self._presence.announce(self.url, self.operations)

    async def stop(self) -> None:
        """Stop every process in an orderly way, then broker and database."""
        await asyncio.gather(*(self.stop_process(name) for name in list(self.processes)))
        await self._stack.aclose()
        await self.postgres.stop()
        self._presence.release()

    async def start_process(self, name: str, *, extra: Mapping[str, str] | None = None) -> None:
        """Start one process and wait until it is ready. ``extra``: environment for this start only."""
        package, kind = name.split(".")
        with self._log(name).open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                f"{package}.{kind}",
                env=self._environment(package, kind) | dict(extra or {}),
                stdout=output,
                stderr=output,
            )
        self.processes[name] = process
        await self._wait_until_ready(name, process)

    async def stop_process(self, name: str) -> int:
        """SIGTERM, wait for the orderly end, SIGKILL if it does not come. Returns the exit code."""
        process = self.processes.pop(name)
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), GRACE_S * 4)
            except TimeoutError:
                process.kill()
        return await process.wait()

    async def kill_process(self, name: str) -> None:
        """SIGKILL, as a crash would."""
        process = self.processes.pop(name)
        if process.returncode is None:
            process.kill()
        await process.wait()

    def signal_process(self, name: str, number: signal.Signals) -> None:
        """Send a signal (SIGSTOP, SIGCONT) to one process."""
        self.processes[name].send_signal(number)

    def database_url(self, service: str) -> str:
        """SQLAlchemy URL of a service's database."""
        return self._database_urls[service]

    def _choose_ports(self) -> None:
        sockets = []
        for name in self._services:
            api = listening_socket(port=self._port if name == "gateway" else 0)
            sockets.append(api)
            self._ports[f"{name}.api"] = api.getsockname()[1]
            self.urls[name] = url_of(api)
            for kind in (kind for kind in KINDS if self._has(name, kind)):
                admin = listening_socket()
                sockets.append(admin)
                self._admin_ports[f"{name}.{kind}"] = admin.getsockname()[1]
                self.operations[f"{name}.{kind}"] = url_of(admin)
        for sock in sockets:
            sock.close()
        self.url = self.urls.get("gateway", "")

    @staticmethod
    def _has(package: str, kind: str) -> bool:
        # The gateway consumes nothing that has to survive it.
        return (package, kind) != ("gateway", "worker")

    async def _migrate(self, name: str) -> None:
        if name in self._database_urls:
            fields = {"database_url": self._database_urls[name], "service_name": name}
            await migrate(specs()[name], load(specs()[name].settings, **common_settings(self.home, self.urls) | fields))

    def _environment(self, package: str, kind: str) -> dict[str, str]:
        if self.broker is None:
            raise RuntimeError("there is no broker yet")
        fields: dict[str, Any] = {
            "service_name": package,
            "database_url": self._database_urls.get(package, ""),
            "bus": "rabbitmq",
            "rabbitmq_url": self.broker.url,
            "port": self._ports.get(f"{package}.{kind}", 0),
            "admin_port": self._admin_ports[f"{package}.{kind}"],
            "media_processes": 1,
            **common_settings(self.home, self.urls),
            **settings_of(package, self.home, self.urls),
        }
        for scope in ("*", package, f"{package}.{kind}"):
            fields |= self.environment.get(scope, {})
        return os.environ | {name.upper(): _text(value) for name, value in fields.items()}

    async def _wait_until_ready(self, name: str, process: asyncio.subprocess.Process) -> None:
        url = f"{self.operations[name]}/ready"
        async with httpx.AsyncClient(timeout=5) as client:
            try:
                async with asyncio.timeout(_START_TIMEOUT_S):
                    while True:
                        if process.returncode is not None:
                            raise DidNotStart(f"{name} ended with {process.returncode}; see {self._log(name)}")
                        try:
                            if (await client.get(url)).status_code == 200:
                                return
                        except httpx.TransportError:
                            pass
                        await asyncio.sleep(0.05)
            except TimeoutError:
                raise DidNotStart(f"{name} is not ready after {_START_TIMEOUT_S:g} s; see {self._log(name)}") from None

    def _log(self, name: str) -> Path:
        return self.home.logs / f"{name}.log"


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, Path) else json.dumps(value)
