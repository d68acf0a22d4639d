"""Services are looked at each minute, by one process, and how they were can be read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from analytics.composition import SPEC
from analytics.settings import Settings
from analytics.watching.watching import Watching

WATCHED = {
    "users": "http://users:9464/metrics",
    "export": "http://export:9464/metrics",
    "gateway": "http://gateway/health",
}


class Services(httpx.AsyncBaseTransport):
    """Three services: one tells what it uses, one is away, one answers as its turn says."""

    def __init__(self) -> None:
        self.cpu, self.gateway = 10.0, 200

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "export":
            raise httpx.ConnectError("refused")
        if request.url.host == "gateway":
            return httpx.Response(self.gateway, json={"status": "healthy"})
        registry = CollectorRegistry()
        Gauge("process_resident_memory_bytes", "m", registry=registry).set(64 << 20)
        text = generate_latest(registry).decode() + (
            f"# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {self.cpu}\n"
        )
        return httpx.Response(200, text=text)


@pytest.fixture
def services() -> Services:
    return Services()


async def test_each_minute_once_however_many_processes_look(analytics: Any, services: Services) -> None:
    both = [Watching(analytics.database, WATCHED, transport=services) for _ in range(2)]
    for watching in both:
        await watching.round()
    assert len(await analytics.rows("SELECT FROM system_health")) == 3
    analytics.clock.advance(timedelta(minutes=1))
    services.cpu, services.gateway = 10.001, 503
    for watching in both:
        await watching.round()
    rows = await analytics.rows("SELECT * FROM system_health WHERE service_name = 'users' ORDER BY created_at")
    assert [(row["success"], row["status_code"], row["endpoint"], row["memory_usage_mb"]) for row in rows] == [
        (True, 200, "/metrics", 64.0)
    ] * 2
    assert rows[0]["cpu_usage_percent"] is None, "one look tells no share"
    assert rows[1]["cpu_usage_percent"] > 0
    failed = await analytics.rows("SELECT * FROM system_health WHERE service_name = 'export'")
    assert {(row["success"], row["status_code"], row["error_type"]) for row in failed} == {
        (False, None, "ConnectError")
    }

    analytics.clock.advance(timedelta(seconds=1))
    found = {row["service"]: row for row in (await analytics.get("uptime", hours=1))["items"]}
    assert {name: row["uptime"] for name, row in found.items()} == {
        "users": "100.0", "export": "0.0", "gateway": "50.0",
    }  # fmt: skip
    assert found["gateway"]["last_failure"] is not None
    report = await analytics.get("report")
    assert [row["service"] for row in report["uptime"]] == ["export", "gateway", "users"]


async def test_a_service_that_was_started_again_uses_no_less_than_nothing(analytics: Any, services: Services) -> None:
    watching = Watching(analytics.database, {"users": WATCHED["users"]}, transport=services)
    await watching.round()
    services.cpu = 0.1
    analytics.clock.advance(timedelta(minutes=1))
    await watching.round()
    assert {row["cpu_usage_percent"] for row in await analytics.rows("SELECT * FROM system_health")} == {None}


async def test_without_anybody_to_look_at_nothing_is_asked(analytics: Any) -> None:
    await Watching(analytics.database, {}).round()
    assert await analytics.rows("SELECT FROM system_health") == []


async def test_the_service_looks_at_whom_the_settings_name(analytics: Any) -> None:
    [part] = [part for part in analytics.service.background if isinstance(part, Watching)]
    assert part._watched == {}
    settings = Settings(watched_services=WATCHED)
    assert SPEC.settings is Settings
    assert settings.watched_services == WATCHED
