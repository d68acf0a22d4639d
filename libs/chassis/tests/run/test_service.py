"""A service's parts start together and end together, whatever one of them meets."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from structlog.testing import capture_logs

from chassis.bus.memory import InProcessBus
from chassis.data.database import DatabaseAway
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.run.service import Running, Service


class Part:
    """Satisfies ``Background``."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.running = False

    async def start(self) -> None:
        self.running = True

    async def stop(self, grace_s: float = 5.0) -> None:
        if self.error is not None:
            raise self.error
        self.running = False


async def test_a_part_that_cannot_end_in_order_keeps_nothing_else_from_ending(new_service: Any) -> None:
    database = await new_service()
    stuck, sound = Part(DatabaseAway("no connection")), Part()
    bus = InProcessBus(PostgresDeadLetters({"billing": database}))
    running = Running(Service("billing", FastAPI(), database, background=(stuck, sound)), bus)
    await bus.start()
    await running.start()
    await database.ready()

    with capture_logs() as lines:
        await running.stop()
    await bus.stop()

    assert not sound.running
    assert database.connections() == (0, 0)
    assert [line["part"] for line in lines if line["event"] == "service.part_not_stopped"] == ["Part"]
