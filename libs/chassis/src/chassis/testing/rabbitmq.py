"""RabbitMQ in tests: buses under a name of the test's own."""

from __future__ import annotations

from typing import Any

import aio_pika

from chassis import ids
from chassis.bus.port import Handler, QueueSpec
from chassis.bus.rabbitmq import topology
from chassis.bus.rabbitmq.bus import RabbitMQBus

_DELETE_S = 30.0
"""A quorum queue of a broker that has just come back elects its leader first."""


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
        async with await aio_pika.connect(self.url) as connection:
            channel = await connection.channel()
            specs = [spec for bus in self._made for spec in bus.specs]
            for name in {queue.name for spec in specs for queue in topology.of(spec, prefix=self.prefix).queues}:
                await channel.queue_delete(name, timeout=_DELETE_S)
            for name in topology.EXCHANGES:
                await channel.exchange_delete(self.prefix + name, timeout=5)
