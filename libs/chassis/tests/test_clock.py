"""One clock for a platform: put forward by a setting or while it runs, in every process, never in production."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from chassis.clock import FOLLOWS_WITHIN_S, OnlyForwards, SystemClock, since, tick
from chassis.errors import NotAuthenticated
from chassis.http.app import create_app
from chassis.http.clock import clock_router
from chassis.identity.tokens import Identity
from chassis.messaging.consumer import wait_until
from chassis.settings import ServiceSettings, SettingsError, load
from chassis.testing.tokens import an_identity

MONTH = timedelta(days=31)


def ahead(clock: SystemClock) -> timedelta:
    return clock.now() - datetime.now(UTC)


def test_the_setting_puts_the_platform_ahead_and_the_machine_stays_where_it_is() -> None:
    settings = load(ServiceSettings, clock_offset_s=MONTH.total_seconds())
    clock = SystemClock(settings.clock_offset_s, settings.clock_file)
    assert ahead(clock) == pytest.approx(MONTH, abs=timedelta(seconds=5))
    assert clock.machine() - datetime.now(UTC) == pytest.approx(timedelta(0), abs=timedelta(seconds=5))
    assert not clock.movable


@pytest.mark.parametrize("given", [{"clock_offset_s": 1}, {"clock_file": "/tmp/clock"}])
def test_production_refuses_to_move_time(given: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="CLOCK_OFFSET_S"):
        load(
            ServiceSettings,
            env="production",
            public_url="https://x.org",
            database_url="postgresql://u:Tq8-fJ3k_vv@db/x",
            **given,
        )


async def test_moving_one_clock_moves_every_process_and_the_next_start(tmp_path: Path) -> None:
    one, other = SystemClock(shared=tmp_path / "clock"), SystemClock(shared=tmp_path / "clock")
    assert ahead(other) < timedelta(seconds=5)
    one.move(MONTH)
    await wait_until(lambda: other.offset == MONTH, timeout_s=20 * FOLLOWS_WITHIN_S)
    assert SystemClock(86_400, tmp_path / "clock").offset == MONTH
    assert SystemClock(2 * MONTH.total_seconds(), tmp_path / "clock").offset == 2 * MONTH


def test_a_clock_goes_only_forwards(tmp_path: Path) -> None:
    clock = SystemClock(MONTH.total_seconds(), tmp_path / "clock")
    with pytest.raises(OnlyForwards):
        clock.move(MONTH - timedelta(seconds=1))
    assert clock.offset == MONTH


class _TokenIsTheRole:
    async def verify(self, token: str) -> Identity:
        if token not in ("admin", "user"):
            raise NotAuthenticated("no such user")
        return an_identity(user_id=uuid4(), role=token)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    clock = SystemClock(shared=tmp_path / "clock")
    app = create_app(
        name="billing",
        settings=load(ServiceSettings),
        version="0",
        routers=[clock_router(clock, "/api/v1/admin/billing")],
        readiness={},
    )
    app.state.verifier = _TokenIsTheRole()
    yield app


def _client(app: FastAPI, role: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://x", headers={"Authorization": f"Bearer {role}"})


async def test_an_administrator_moves_it_and_nobody_else(app: FastAPI) -> None:
    where, offset = "/api/v1/admin/billing/clock", MONTH.total_seconds()
    async with _client(app, "user") as user, _client(app, "admin") as admin:
        assert (await user.put(where, json={"offset_s": offset})).status_code == 403
        assert (await user.get(where)).status_code == 403
        assert (await admin.get(where)).json()["offset_s"] == 0
        moved = await admin.put(where, json={"offset_s": offset})
        assert (moved.status_code, moved.json()["offset_s"]) == (200, offset)
        assert datetime.fromisoformat(moved.json()["now"]) > datetime.now(UTC) + MONTH - timedelta(minutes=1)
        back = await admin.put(where, json={"offset_s": 0})
        assert (back.status_code, back.json()["error"]["code"]) == (422, "clock_goes_forwards")
        assert back.json()["error"]["fields"]["offset_s"]


def test_what_was_measured_on_another_machine_is_not_known_here() -> None:
    earlier = tick()
    assert 0 <= (since(earlier) or 0.0) < 5
    assert since("another-start:1.5") is None
