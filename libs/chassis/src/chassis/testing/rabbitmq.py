"""RabbitMQ in tests: buses under a name of the test's own, and a broker in a container where Docker answers."""

from __future__ import annotations

import asyncio
from typing import Any

from pamqp import commands

from chassis import ids
from chassis.bus import topology
from chassis.bus.amqp_connection import connect
from chassis.bus.port import Handler, QueueSpec
from chassis.bus.rabbitmq import RabbitMQBus

_IMAGE = "rabbitmq:3.13-alpine"

_DELETE_S = 30.0
"""A quorum queue of a broker that has just come back elects its leader first."""


class ContainerRabbitMQ:
    """Satisfies :class:`chassis.run.private_rabbitmq.BreakableBroker` through testcontainers.

    The port is the container's own, so it changes when a killed broker is started again; the data stays.
    """

    def __init__(self) -> None:
        self._container: Any = None

    @property
    def url(self) -> str:
        """Where the container's port is published on this machine."""
        host = self._container.get_container_host_ip()
        return f"amqp://guest:guest@{host}:{self._container.get_exposed_port(5672)}/"

    async def start(self) -> None:
        """Create the container, or start it again after a kill; returns when it takes connections."""
        await asyncio.to_thread(self._start)

    async def stop(self) -> None:
        """Remove the container with its data."""
        if self._container is not None:
            await asyncio.to_thread(self._container.stop)
            self._container = None

    async def kill(self) -> None:
        """End the broker without warning."""
        await asyncio.to_thread(self._container.get_wrapped_container().kill)

    def freeze(self) -> None:
        """Suspend every process of the container."""
        self._container.get_wrapped_container().pause()

    def thaw(self) -> None:
        """Undo :meth:`freeze`."""
        self._container.get_wrapped_container().unpause()

    def _start(self) -> None:
        # Needed only where there is Docker, and slow to import.
        from testcontainers.community.rabbitmq import RabbitMqContainer

        if self._container is None:
            self._container = RabbitMqContainer(_IMAGE)
            self._container.start()
            return
        self._container.get_wrapped_container().start()
        self._container.readiness_probe()


class RecordingBus(RabbitMQBus):
    """A RabbitMQ bus that knows what it declared, so that a test can remove it."""

    def __init__(self, url: str, *, prefix: str, **settings: Any) -> None:
        super().__init__(url, prefix=prefix, **settings)
        self.specs: list[QueueSpec] = []

    def subscribe(self, queue: QueueSpec, handler: Handler) -> None:
        """As the bus, and remember the queue."""
        self.specs.append(queue)
        super().subscribe(queue, handler)


class RabbitMQBuses:
    """Makes buses that share one prefix, and removes everything they declared."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = f"test-{ids.uuid7().hex[-12:]}."
        self._made: list[RecordingBus] = []

    def __call__(self, *, url: str | None = None, **settings: Any) -> RecordingBus:
        """A bus that has not been started; ``url`` where it is to go through a proxy."""
        bus = RecordingBus(url or self.url, prefix=self.prefix, **settings)
        self._made.append(bus)
        return bus

    async def clear(self) -> None:
        """Stop every bus and delete queues and exchanges."""
        for bus in self._made:
            await bus.stop(0)
        connection = await connect(self.url)
        try:
            channel = await connection.channel()
            specs = [spec for bus in self._made for spec in bus.specs]
            for name in {queue.name for spec in specs for queue in topology.of(spec, prefix=self.prefix).queues}:
                await channel.call(commands.Queue.Delete(queue=name), timeout_s=_DELETE_S)
            for name in topology.EXCHANGES:
                await channel.call(commands.Exchange.Delete(exchange=self.prefix + name))
        finally:
            await connection.close()
