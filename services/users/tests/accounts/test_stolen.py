"""Stolen passwords: asked for by the first digits of their hash, and skipped when nobody answers (USR-30)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from chassis.testing.served import served
from users.accounts.rules import RangeApi

STOLEN, OURS = "stolen-11-lamp", "monsoon-42-lamp"


class RangeServer:
    """Speaks the range API of Have I Been Pwned over a socket."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.status = 200
        self.url = ""
        self.app = FastAPI()
        self.app.get("/range/{prefix}")(self.range)

    async def range(self, prefix: str, request: Request) -> Response:
        self.asked.append((prefix, request.headers.get("Add-Padding")))
        if self.status != 200:
            return Response(status_code=self.status)
        lines = ["003D68EB55068C33ACE09247EE4C639306B:3"]
        # What is padded has the count 0.
        for password, count in ((STOLEN, 12), (OURS, 0)):
            digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
            lines += [f"{digest[5:]}:{count}"] if digest.startswith(prefix) else []
        return PlainTextResponse("\r\n".join(lines))


@pytest_asyncio.fixture(loop_scope="session")
async def ranges() -> AsyncIterator[RangeServer]:
    server = RangeServer()
    async with served(server.app) as server.url:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def users(users_with: Any, ranges: RangeServer) -> AsyncIterator[Any]:
    async with users_with(breach_url=ranges.url) as users:
        yield users


async def test_a_stolen_password_is_refused_wherever_one_is_chosen(users: Any, ranges: RangeServer) -> None:
    refused = await users.register(password=STOLEN)
    assert (refused.status_code, set(refused.json()["error"]["fields"])) == (422, {"password"})
    assert "stolen" in refused.json()["error"]["fields"]["password"]
    tokens = await users.member()
    async with users.client(tokens["access_token"]) as client:
        body = {"current_password": OURS, "new_password": STOLEN}
        refused = await client.post("/api/v1/auth/change-password", json=body)
    assert (refused.status_code, set(refused.json()["error"]["fields"])) == (422, {"new_password"})


async def test_only_five_digits_of_a_hash_leave_the_house(users: Any, ranges: RangeServer) -> None:
    await users.register()
    digest = hashlib.sha1(OURS.encode(), usedforsecurity=False).hexdigest().upper()
    assert ranges.asked == [(digest[:5], "true")]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_it_is_skipped_with_a_warning_when_the_service_refuses(
    users: Any, ranges: RangeServer, logged: Callable[[], str], status: int
) -> None:
    ranges.status = status
    assert (await users.register(password=STOLEN)).status_code == 201
    assert "password.breach_check_skipped" in logged()
    assert STOLEN not in logged()
    # What everybody knows is refused all the same.
    assert (await users.register("b@example.com", password="Password123")).status_code == 422


async def test_it_is_skipped_with_a_warning_when_nobody_answers(logged: Callable[[], str]) -> None:
    async with served(FastAPI()) as url:
        pass
    api = RangeApi(url)
    assert await api.knows(STOLEN) is None
    await api.close()
    assert "password.breach_check_skipped" in logged()
