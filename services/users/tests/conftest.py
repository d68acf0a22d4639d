from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from chassis.clock import ManualClock
from chassis.data.leased_work import WorkItem
from chassis.identity.product_line import INTERNAL_HEADER
from chassis.identity.tokens import TokenVerifier
from chassis.testing.slices import NOW, DatabaseFor, Slice, slice_of
from contracts.product_lines import PRODUCT_LINES
from users.composition import SPEC

PASSWORD = "monsoon-42-lamp"


def said(line: str | None) -> dict[str, str]:
    """What the gateway adds for a request that names a product line."""
    return {INTERNAL_HEADER: line} if line is not None else {}


@pytest.fixture
def all_lines_sell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every product line has a plan."""
    for key, line in PRODUCT_LINES.items():
        monkeypatch.setitem(PRODUCT_LINES, key, replace(line, plans=("free",)))


@pytest.fixture
def one_line_sells(monkeypatch: pytest.MonkeyPatch) -> None:
    """No product line but TalkingPhoto has a plan."""
    for key, line in PRODUCT_LINES.items():
        if key != "talkingphoto":
            monkeypatch.setitem(PRODUCT_LINES, key, replace(line, plans=()))


class Users(Slice):
    """Users, and the ways in."""

    def client(self, token: object = None, *, address: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
        """A client of the API at ``address``, as the server has found out."""
        client = super().client(token, **headers)
        client._transport = httpx.ASGITransport(app=self.service.app, client=(address, 1))
        return client

    async def register(self, email: str = "asha@example.com", *, line: str | None = None, **fields: Any) -> Any:
        body = {
            "email": email,
            "password": PASSWORD,
            "consents": [{"kind": "terms"}, {"kind": "privacy"}],
        } | fields
        async with self.client(**said(line)) as client:
            return await client.post("/api/v1/auth/register", json=body)

    async def log_in(
        self,
        email: str = "asha@example.com",
        password: str = PASSWORD,
        *,
        line: str | None = None,
        consents: Sequence[dict[str, str]] = (),
        **headers: str,
    ) -> httpx.Response:
        body = {"email": email, "password": password} | ({"consents": list(consents)} if consents else {})
        async with self.client(**headers, **said(line)) as client:
            return await client.post("/api/v1/auth/login", json=body)

    async def refresh(self, token: str, *, line: str | None = None) -> httpx.Response:
        async with self.client(**said(line)) as client:
            return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})

    async def trail(self, *, after: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
        """What the audit log says, oldest first: action, result, details."""
        rows = await self.rows("SELECT entry::text AS entry FROM audit_log WHERE seq > $1 ORDER BY seq", after)
        entries = [json.loads(row["entry"]) for row in rows]
        return [(entry["action"], entry["result"], entry["details"]) for entry in entries]

    async def write_letters(self) -> int:
        """Carry out the leased work of letters; how many there were."""
        rows = await self.rows("UPDATE work SET lease_token = id, lease_until = $1 RETURNING *", self.clock.now())
        for row in rows:
            await self.service.app.state.letters.write(WorkItem(row["id"], row["kind"], row["payload"], 1, row["id"]))
        return len(rows)

    async def member(self, email: str = "asha@example.com", **fields: Any) -> dict[str, Any]:
        """A registered user who has logged in: the tokens."""
        assert (await self.register(email, **fields)).status_code == 201
        answer = await self.log_in(email)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens


class KeysOfTheService:
    """The real verifier, with the keys that the service itself publishes, on the service's clock."""

    def __init__(self, clock: ManualClock) -> None:
        self.users: Users | None = None
        self._verifier = TokenVerifier(
            self._fetch,
            issuer="talkingphoto",
            audience="talkingphoto-api",
            clock=lambda: clock.now().timestamp(),
        )

    async def verify(self, token: str) -> Any:
        return await self._verifier.verify(token)

    async def _fetch(self) -> Mapping[str, Any]:
        assert self.users is not None
        async with self.users.client() as client:
            keys: dict[str, Any] = (await client.get("/.well-known/jwks.json")).json()
        return keys


UsersWith = Callable[..., AbstractAsyncContextManager[Users]]


@pytest.fixture
def users_with(database_for: DatabaseFor) -> UsersWith:
    """Make a users service on its own database with settings of its own: ``async with users_with(...) as users``."""

    @asynccontextmanager
    async def made(**settings: Any) -> AsyncIterator[Users]:
        clock = ManualClock(NOW)
        verifier = KeysOfTheService(clock)
        async with slice_of(
            SPEC, database_for, Users, verifier=verifier, clock=clock, settings={"bcrypt_cost": 10, **settings}
        ) as users:
            verifier.users = users
            # Below what the settings allow: a hundred logins are to take a second, not a minute.
            users.service.app.state.hasher._cost = 4
            await users.service.app.state.hasher.start()
            yield users

    return made


@pytest_asyncio.fixture(loop_scope="session")
async def users(users_with: UsersWith) -> AsyncIterator[Users]:
    """One users service on its own database."""
    async with users_with() as users:
        yield users
