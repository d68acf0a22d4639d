"""Keeps one connection open: connects, sets up, and does both again after every loss, with back-off.

aio-pika's robust connection restores channels and queues one by one, with names that it remembers. Here everything
on a connection is set up anew by the function that did it first, so that there is one way to begin and one to recover.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from chassis.bus.rabbitmq.connection import BrokerAway, Connection, broker_errors

log = structlog.get_logger(__name__)

_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 2.0


class Link:
    """One connection over time. ``set_up`` prepares each new connection before it counts as open."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Awaitable[Connection]],
        set_up: Callable[[Connection], Awaitable[None]],
    ) -> None:
        self._name = name
        self._connect = connect
        self._set_up = set_up
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Try once, then keep trying in the background. Raises only what no later attempt would change."""
        try:
            await self._open()
        except BrokerAway as error:
            log.warning("broker.away", link=self._name, error=str(error))
        self._task = asyncio.create_task(self._keep(), name=f"broker {self._name}")

    @property
    def open(self) -> bool:
        """Whether there is a connection that is set up."""
        return self._connection is not None and self._connection.open

    async def stop(self) -> None:
        """Close and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _keep(self) -> None:
        delay = _FIRST_DELAY_S
        while True:
            if self._connection is not None:
                reason = await asyncio.shield(self._connection.lost)
                log.warning("broker.lost", link=self._name, error=reason)
                await self._connection.close()
                self._connection = None
            try:
                await self._open()
                delay = _FIRST_DELAY_S
                log.info("broker.back", link=self._name)
            except BrokerAway as error:
                log.info("broker.away", link=self._name, error=str(error), again_in_s=delay)
            except Exception:
                # A broker that came back with another topology: somebody has to look, and it may be put right.
                log.exception("broker.not_usable", link=self._name)
                delay = _LONGEST_DELAY_S
            if self._connection is None:
                await asyncio.sleep(delay * random.uniform(0.75, 1.25))
                delay = min(delay * 2, _LONGEST_DELAY_S)

    async def _open(self) -> None:
        connection = await self._connect()
        try:
            with broker_errors():
                await self._set_up(connection)
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
