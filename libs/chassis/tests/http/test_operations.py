"""What a process tells those who run it."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from chassis.http import operations
from chassis.http.app import create_app
from chassis.http.operations import Check, operations_app
from chassis.settings import ServiceSettings


async def answer_of(path: str, **readiness: Check) -> httpx.Response:
    app = operations_app("things", readiness)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things") as http:
        return await http.get(path)


async def fine() -> None:
    return None


async def test_alive_says_so() -> None:
    answer = await answer_of("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "healthy", "service": "things"})


async def test_ready_when_everything_answers() -> None:
    answer = await answer_of("/ready", database=fine, bus=fine)

    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": ["database", "bus"]})


async def test_not_ready_names_what_failed_and_does_not_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "CHECK_TIMEOUT_S", 0.05)

    async def refused() -> None:
        raise ConnectionRefusedError("postgres://u:hunter2@db refused")

    async def hangs() -> None:
        await asyncio.Event().wait()

    answer = await answer_of("/ready", bus=fine, database=refused, store=hangs)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (503, "not_ready")
    assert error["details"] == {"database": "ConnectionRefusedError", "store": "no answer within 0.05 s"}


async def test_what_is_counted_is_shown_as_text() -> None:
    answer = await answer_of("/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    assert "# TYPE queue_depth gauge" in answer.text


async def test_a_service_tells_the_gateway_how_what_it_needs_is() -> None:
    async def refused() -> None:
        raise ConnectionRefusedError("postgres://u:hunter2@db refused")

    for shows, status in ((True, 200), (False, 404)):
        app = create_app(
            name="things",
            settings=ServiceSettings(env="test"),
            version="1",
            routers=[],
            readiness={"database": refused, "store": fine},
            shows_dependencies=shows,
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things") as http:
            answer = await http.get("/internal/dependencies")
            assert answer.status_code == status
        assert "/internal/dependencies" not in app.openapi()["paths"]
        if shows:
            told = answer.json()
            assert {label: found["failure"] for label, found in told.items()} == {
                "database": "ConnectionRefusedError",
                "store": None,
            }
            assert all(0 <= found["ms"] < 3000 for found in told.values())
