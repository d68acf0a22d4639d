"""A service's parts start together and end together, whatever one of them meets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from structlog.testing import capture_logs

from chassis import ids
from chassis.bus.memory import InProcessBus
from chassis.bus.messages import outgoing
from chassis.data.database import DatabaseAway, Transaction
from chassis.http.app import create_app
from chassis.messaging.consumer import Consumers, wait_until
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.observe.context import Context
from chassis.run.service import Running, Service
from chassis.settings import ServiceSettings
from chassis.testing.tokens import Issuer, an_identity
from contracts.workflow import FileDeleted


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


async def test_administrators_see_what_was_given_up_and_put_it_back(new_service: Any) -> None:
    database = await new_service()
    consumers, heard = Consumers("billing"), list[UUID]()
    queue = consumers.queue("events")

    @queue.each(FileDeleted)
    async def refuse(event: FileDeleted, _: Transaction) -> None:
        heard.append(event.file_id)
        if len(heard) == 1:
            raise LookupError("nobody knows this file")

    bus = InProcessBus(PostgresDeadLetters({"billing": database}))
    issuer = Issuer()
    app = create_app(name="billing", settings=ServiceSettings(), version="1", routers=[], readiness={})
    app.state.verifier = issuer.verifier()
    running = Running(Service("billing", app, database, consumers=consumers), bus, retry_delays_s=())
    await bus.start()
    await running.start()
    gone = FileDeleted(file_id=ids.uuid7(), user_id=ids.uuid7(), product_line="talkingphoto")
    sent = outgoing(gone, service="workflow", now=database.clock.now(), cause=Context())
    await bus.publish([sent], lambda _: None)
    assert heard == [gone.file_id]

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://billing") as client:

        async def asked(role: str, method: str, path: str = "", **more: Any) -> httpx.Response:
            headers = issuer.headers(an_identity(role=role))
            return await client.request(method, f"/internal/dead-letters{path}", headers=headers, **more)

        assert (await asked("user", "GET")).status_code == 403
        letters = (await asked("admin", "GET")).json()
        [letter] = letters
        assert (letter["queue"], letter["type"]) == ("billing.events", FileDeleted.NAME)
        assert "nobody knows this file" in letter["reason"] and str(gone.file_id) in letter["body"]
        missed = await asked("admin", "POST", "/replay", json={"queue": "billing.other"})
        assert missed.status_code == 404
        assert (await asked("user", "POST", "/replay", json={"queue": "billing.events"})).status_code == 403
        back = await asked("admin", "POST", "/replay", json={"queue": "billing.events", "ids": [letter["id"]]})
        assert back.json() == {"replayed": 1}
        await wait_until(lambda: heard == [gone.file_id, gone.file_id], timeout_s=10)
        assert (await asked("admin", "GET")).json() == []
    await running.stop()
    await bus.stop()
