"""A RabbitMQ in a container, where Docker answers."""

from __future__ import annotations

import asyncio
from typing import Any

_IMAGE = "rabbitmq:3.13-alpine"


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
