"""A RabbitMQ for tests, benchmarks and the one-machine topology: found where there is one, else a node of our own.

:func:`find_or_start` takes, in this order: the broker that ``RABBITMQ_URL`` names, a container where Docker answers,
a private node of an installed ``rabbitmq-server``, the same after installing the Debian package where that is allowed.
A private node has its own folder, ports, cookie and name server; nothing of it is shared with a node of the system.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from chassis import ids
from chassis.run.children import how_it_ended, spawn
from chassis.run.container_rabbitmq import ContainerRabbitMQ

_SCRIPTS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server")
"""Where packages put the script itself; the one on the path of Debian insists on a system user."""

_CONFIGURATION = """\
listeners.tcp.default = 127.0.0.1:{port}
loopback_users = none
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 67108864
log.file.level = warning
"""

_START_S = 60.0

log = structlog.get_logger(__name__)


class NoBroker(Exception):
    """There is no RabbitMQ and none could be started; the text says what to do."""


class Broker(Protocol):
    """A broker that may be used, and perhaps harmed."""

    @property
    def url(self) -> str:
        """``amqp://user:password@host:port/vhost``."""
        ...

    async def stop(self) -> None:
        """End what was started here."""
        ...


class BreakableBroker(Broker, Protocol):
    """A broker of our own: it can be killed, frozen and brought back with its data."""

    async def start(self) -> None:
        """Start, or start again; returns when it takes connections."""
        ...

    async def kill(self) -> None:
        """End it without warning (SIGKILL); its data stays."""
        ...

    def freeze(self) -> None:
        """Keep its connections open and do nothing (SIGSTOP)."""
        ...

    def thaw(self) -> None:
        """Undo :meth:`freeze`."""
        ...


class ExternalRabbitMQ:
    """A broker that somebody else runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def stop(self) -> None:
        """Nothing of it is ours."""


class PrivateRabbitMQ:
    """One node in one folder. Started again in the same folder it has the same name, ports and queues."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._port = 0
        self._node: asyncio.subprocess.Process | None = None
        self._names: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where the node listens: loopback only."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    @property
    def pid(self) -> int:
        """Process id of the Erlang machine."""
        return self._running.pid

    @property
    def _running(self) -> asyncio.subprocess.Process:
        if self._node is None:
            raise NoBroker("the private RabbitMQ is not running")
        return self._node

    async def start(self) -> None:
        """Start what does not run and wait until it takes connections; install the server first where there is none.

        Raises :class:`NoBroker` with what it said, or with what to do when it cannot be installed.
        """
        script = installed_server() or await _install()
        if script is None:
            raise NoBroker(
                "RabbitMQ is needed: set RABBITMQ_URL, start Docker, or install it (apt-get install rabbitmq-server); "
                "benchmarks need it installed"
            )
        environment = await asyncio.to_thread(self._prepare)
        if self._node is not None and self._node.returncode is None:
            await self._start_names(environment)
            return
        output = await asyncio.to_thread((self.folder / "output.log").open, "wb")
        try:
            await self._start_names(environment)
            self._node = await spawn(
                script, environment=environment, output=output, on_our_end=signal.SIGTERM, folder=self.folder
            )
            await self._wait_until_ready()
        except BaseException:
            await self.stop()
            raise
        finally:
            output.close()

    async def stop(self) -> None:
        """End the node in order, or by force after 30 s, and its name server."""
        if self._node is not None and self._node.returncode is None:
            self.thaw()
            self._node.terminate()
            try:
                await asyncio.wait_for(self._node.wait(), timeout=30)
            except TimeoutError:
                await self.kill()
        self._node = None
        if self._names is not None and self._names.returncode is None:
            self._names.kill()
            await self._names.wait()
        self._names = None

    async def kill(self) -> None:
        """End the node as a crash would."""
        self._running.kill()
        await self._running.wait()

    async def ended(self) -> str:
        """Wait until the node or its name server is gone; how it ended. ``start`` brings back what is missing."""
        mine = {"": self._node, "its name server ": self._names}
        waiting = {asyncio.create_task(process.wait()): whose for whose, process in mine.items() if process is not None}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return next(f"{waiting[task]}{how_it_ended(task.result())}" for task in done)

    def freeze(self) -> None:
        """Stop the node's process without closing its connections."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def _prepare(self) -> dict[str, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        saved = self.folder / "node.json"
        if not saved.exists():
            amqp, distribution, names = _free_ports(3)
            node = f"talkingphoto-{ids.uuid7().hex[-12:]}@localhost"
            saved.write_text(json.dumps({"amqp": amqp, "distribution": distribution, "names": names, "node": node}))
            (self.folder / "rabbitmq.conf").write_text(_CONFIGURATION.format(port=amqp))
            (self.folder / "enabled_plugins").write_text("[].\n")
            (self.folder / "environment.conf").write_text("")
        values = json.loads(saved.read_text())
        self._port = values["amqp"]
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            # The script then replaces itself by the Erlang machine, so that the process id is the node's.
            "detached": "true",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "ERL_EPMD_PORT": str(values["names"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": values["node"],
            "RABBITMQ_DIST_PORT": str(values["distribution"]),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "environment.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "generated"),
            # One scheduler is plenty for one machine's services, and costs a fifth less than two that wake each other.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
        }

    async def _start_names(self, environment: dict[str, str]) -> None:
        # Erlang would leave a name server of its own behind as a daemon; this one is a child and ends with stop().
        if self._names is not None and self._names.returncode is None:
            return
        program = shutil.which("epmd")
        if program is None:
            raise NoBroker("epmd, a part of Erlang, is not on the path")
        self._names = await spawn(
            program,
            environment=environment,
            output=asyncio.subprocess.DEVNULL,
            on_our_end=signal.SIGKILL,
            folder=self.folder,
        )

    async def _wait_until_ready(self) -> None:
        node = self._running
        try:
            async with asyncio.timeout(_START_S):
                while node.returncode is None:
                    if await _greets(self._port):
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            log.warning("private_rabbitmq.slow", folder=str(self.folder), waited_s=_START_S)
        said = await asyncio.to_thread((self.folder / "output.log").read_text, errors="replace")
        raise NoBroker(f"the private RabbitMQ did not start: {said[:2000]}")


def installed_server() -> str | None:
    """The script that starts a node, or None."""
    for pattern in _SCRIPTS:
        for found in sorted(Path("/").glob(pattern.lstrip("/"))):
            return str(found)
    return shutil.which("rabbitmq-server")


@asynccontextmanager
async def find_or_start(folder: Path) -> AsyncIterator[Broker]:
    """A broker for the length of the block; ``folder`` is for a private node. Raises :class:`NoBroker`."""
    url = os.environ.get("RABBITMQ_URL")
    broker: Broker = ExternalRabbitMQ(url) if url else await start_breakable(folder)
    try:
        yield broker
    finally:
        await broker.stop()


async def start_breakable(folder: Path) -> BreakableBroker:
    """Start a broker that may be killed and frozen; the caller stops it. Raises :class:`NoBroker`."""
    broker: BreakableBroker = ContainerRabbitMQ() if await docker_answers() else PrivateRabbitMQ(folder)
    await broker.start()
    return broker


async def _greets(port: int) -> bool:
    """Whether an AMQP server at this port answers the protocol header; nodes listen only when they have booted."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"AMQP\x00\x00\x09\x01")
                return await reader.read(1) == b"\x01"
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


async def docker_answers() -> bool:
    """Whether a Docker daemon can be asked for containers."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    parts = urlsplit(host)
    try:
        async with asyncio.timeout(2):
            if parts.scheme == "unix":
                reader, writer = await asyncio.open_unix_connection(parts.path)
            else:
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 2375)
            try:
                writer.write(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


async def _install() -> str | None:
    """Install the Debian package if that needs no question answered; returns the script that starts a node."""
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "rabbitmq-server"]
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            return None
        command = ["sudo", "-n", *command]
    # The package starts a node of the system unless a policy says no; ours is private and needs none of it.
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(process.wait(), timeout=300)
    except TimeoutError:
        process.kill()
        await process.wait()
    return installed_server()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
