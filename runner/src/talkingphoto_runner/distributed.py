"""The distributed topology on one machine, without Docker: for development, tests and benchmarks.

The same services as in production, each as an API process and a worker process, over RabbitMQ and PostgreSQL.
Processes are children of this one and are addressed as ``billing.api`` or ``billing.worker``. One that ends without
having been stopped is started again, and so are the database and a broker of our own. The first start is stricter: a
part that does not become ready ends it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from chassis.observe.logs import configure_logging
from chassis.run.children import how_it_ended, spawn
from chassis.run.private_postgres import PrivatePostgres
from chassis.run.private_rabbitmq import Broker, PrivateRabbitMQ, find_or_start
from chassis.run.process import GRACE_S, migrate
from chassis.settings import ServiceSettings, load
from talkingphoto_runner.environment import environment_of
from talkingphoto_runner.keeper import DidNotStart, Keeper, Part, database_part
from talkingphoto_runner.layout import (
    Home,
    common_settings,
    listening_socket,
    settings_of,
    specs,
    url_of,
    where_to_look,
)
from talkingphoto_runner.presence import Presence
from talkingphoto_runner.words import Words, tail

Say = Callable[[str], None]
KINDS = ("api", "worker")
_START_TIMEOUT_S = 120.0
_LOOK_EVERY_S = 0.05


class DistributedPlatform:
    """Starts everything, and lets tests stop, kill and start single processes.

    ``environment``: settings for single processes by name (``billing.worker``), for a service (``billing``) or for
    all (``*``); values that are no text become JSON. ``broker``: one that runs already. ``tell`` hears what becomes of
    the parts while they run.
    """

    def __init__(
        self,
        home: Home,
        *,
        port: int = 0,
        broker: Broker | None = None,
        environment: Mapping[str, Mapping[str, Any]] | None = None,
        services: Iterable[str] | None = None,
        tell: Say = lambda _: None,
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
        self.servers: dict[str, str] = {}
        """Where broker and database are, for whoever looks into them."""
        self._ports: dict[str, int] = {}
        self._admin_ports: dict[str, int] = {}
        self._database_urls: dict[str, str] = {}
        self._services = tuple(services) if services is not None else tuple(specs())
        self._presence = Presence(home)
        self._stack = AsyncExitStack()
        self._tell = tell
        self._keepers: dict[str, Keeper] = {}
        self._words: dict[str, Words] = {}

    async def start(self, say: Say = lambda _: None) -> None:
        """Bring everything up; returns when all is ready. Raises :class:`DidNotStart` or ``AlreadyRunning``."""
        self.home.prepare()
        self._presence.take()
        ours = {"service_name": "platform", "bus": "memory", "object_store": "folder", "log_stdout": False}
        configure_logging(load(ServiceSettings, **ours, log_file=self._log("platform")))
        self._choose_ports()
        say("database")
        await self.postgres.start()
        self._keep(database_part(self.postgres))
        say("broker")
        if self.broker is None:
            self.broker = await self._stack.enter_async_context(find_or_start(self.home.rabbitmq))
            if isinstance(self.broker, PrivateRabbitMQ):
                self._keep(_broker(self.broker))
        known = specs()
        for name in self._services:
            if known[name].migrations is not None:
                self._database_urls[name] = await self.postgres.create_database(name)
        say("migrations")
        for name in self._services:
            await self._migrate(name)
        say("services")
        names = [f"{name}.{kind}" for name in self._services for kind in KINDS if self._has(name, kind)]
        try:
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(self.start_process(name))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        self.servers = {"broker": _without_secret(self.broker), "database": where_to_look(self.postgres)}
        self._presence.announce(self.url, self.operations, **self.servers)

    async def stop(self) -> None:
        """Stop every process in an orderly way, then broker and database."""
        await asyncio.gather(*(self._let_go(name) for name in list(self._keepers)))
        await asyncio.gather(*(self.stop_process(name) for name in list(self.processes)))
        await self._stack.aclose()
        if self._presence.taken:
            await self.postgres.stop()
        self._presence.release()

    async def start_process(self, name: str, *, extra: Mapping[str, str] | None = None) -> None:
        """Start one process, wait until it is ready, and keep it alive from then on. Raises :class:`DidNotStart`.

        ``extra``: environment for this start only.
        """
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await self._start(name, extra or {})
        except TimeoutError:
            raise DidNotStart(f"{name} is not ready after {_START_TIMEOUT_S:g} s; see {self._log(name)}") from None
        self._keep(Part(name, partial(self._start, name, {}), partial(self._ended, name), self._words[name].last))

    async def stop_process(self, name: str) -> int:
        """SIGTERM, wait for the orderly end, SIGKILL if it does not come. Returns the exit code."""
        await self._let_go(name)
        code = await _stopped(self.processes.pop(name))
        self._words.pop(name).close()
        return code

    @asynccontextmanager
    async def beside(self, name: str) -> AsyncIterator[str]:
        """A second process of the same kind, with the same settings; yields where it answers. Nobody is told of it."""
        package, kind = name.split(".")
        sockets = [listening_socket(), listening_socket()]
        url, operations = map(url_of, sockets)
        port, admin_port = (str(one.getsockname()[1]) for one in sockets)
        for one in sockets:
            one.close()
        environment = self._environment(package, kind) | {"PORT": port, "ADMIN_PORT": admin_port}
        with self._log(f"{name}-beside").open("ab") as output:
            process = await spawn(
                sys.executable,
                "-P",
                "-m",
                f"{package}.{kind}",
                environment=environment,
                output=output,
                on_our_end=signal.SIGTERM,
            )
        try:
            async with asyncio.timeout(_START_TIMEOUT_S), httpx.AsyncClient(timeout=5, trust_env=False) as client:
                while not await _is_ready(client, f"{operations}/ready"):
                    await asyncio.sleep(_LOOK_EVERY_S)
            yield url
        finally:
            await _stopped(process)

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

    def _keep(self, part: Part) -> None:
        self._keepers[part.name] = Keeper(part, self._tell)

    async def _let_go(self, name: str) -> None:
        if (keeper := self._keepers.pop(name, None)) is not None:
            await keeper.let_go()

    async def _start(self, name: str, extra: Mapping[str, str]) -> None:
        """Start a process and wait until it is ready. Raises :class:`DidNotStart` when it ends instead."""
        package, kind = name.split(".")
        words = self._words.setdefault(name, Words(name, self._log(name)))
        output = await words.hear()
        try:
            self.processes[name] = process = await spawn(
                sys.executable,
                "-P",
                "-m",
                f"{package}.{kind}",
                environment=self._environment(package, kind) | dict(extra),
                output=output,
                on_our_end=signal.SIGTERM,
            )
        finally:
            os.close(output)
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while not await _is_ready(client, f"{self.operations[name]}/ready"):
                if process.returncode is not None:
                    why = "".join(f"\n  {line}" for line in words.last()[-3:])
                    raise DidNotStart(f"{name} {how_it_ended(process.returncode)}; see {self._log(name)}{why}")
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _ended(self, name: str) -> str:
        return how_it_ended(await self.processes[name].wait())

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
            # One worker a service: what it finds leased at its start belongs to one that died.
            "alone": kind == "worker",
            "log_file": self._log(f"{package}.{kind}"),
            "log_stdout": False,
            **common_settings(self.home, self.urls),
            **settings_of(package, self.home, self.urls),
        }
        for scope in ("*", package, f"{package}.{kind}"):
            fields |= self.environment.get(scope, {})
        return environment_of(specs()[package], fields)

    def _log(self, name: str) -> Path:
        return self.home.logs / f"{name}.log"


async def _stopped(process: asyncio.subprocess.Process) -> int:
    """SIGTERM, wait for the orderly end, SIGKILL if it does not come; the exit code."""
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), GRACE_S * 4)
        except TimeoutError:
            process.kill()
    return await process.wait()


def _broker(node: PrivateRabbitMQ) -> Part:
    return Part("broker", node.start, node.ended, partial(tail, node.folder / "output.log"))


def _without_secret(broker: Broker) -> str:
    """The address of a broker; of one that somebody else runs, without the password."""
    if isinstance(broker, PrivateRabbitMQ):
        return broker.url
    parts = urlsplit(broker.url)
    return parts._replace(netloc=f"{parts.username}@{parts.hostname}:{parts.port or 5672}").geturl()


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == 200
    except httpx.TransportError:
        return False
