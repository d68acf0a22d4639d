"""The processes of a service: what their readiness covers."""

from __future__ import annotations

import httpx
from fastapi import FastAPI

from chassis.bus.memory import InProcessBus
from chassis.http.operations import operations_app
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.run.process import readiness_of
from chassis.run.service import Service


async def test_a_process_is_ready_with_its_broker_and_what_its_service_needs() -> None:
    async def fine() -> None:
        return None

    app = FastAPI()
    app.state.readiness = {"database": fine, "store": fine}
    bus = InProcessBus(PostgresDeadLetters({}))
    operations = operations_app("billing", readiness_of(Service("billing", app), bus))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(operations), base_url="http://test") as client:
        away = await client.get("/ready")
        assert (away.status_code, away.json()["error"]["message"]) == (503, "Not ready: bus, queues.")
        await bus.start()
        assert (await client.get("/ready")).json()["checks"] == ["database", "store", "bus", "queues"]
        await bus.stop()
