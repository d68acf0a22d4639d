"""The gateway is ready when what it leads to answers."""

from __future__ import annotations

from typing import Any

import httpx

from chassis.http.operations import operations_app
from chassis.testing.served import served


async def test_a_service_that_does_not_answer_is_named_and_those_that_do_are_not_asked_each_time(gateway: Any) -> None:
    readiness = operations_app("gateway", gateway.service.app.state.readiness)
    async with served(readiness) as operations, httpx.AsyncClient(trust_env=False) as http:
        for _ in range(3):
            answer = await http.get(f"{operations}/ready")
            assert answer.status_code == 503
            assert answer.json()["error"]["message"] == "Not ready: billing."
    assert [seen["path"] for seen in gateway.upstream.requests] == ["/health"] * 4
