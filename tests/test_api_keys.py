"""An API key's whole way: made at users, shown to the gateway, exchanged, passed on, and ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest_asyncio

from chassis.clock import SystemClock
from chassis.identity.tokens import TokenVerifier, keys_from
from chassis.run.service import Dependencies
from chassis.testing.served import served
from chassis.testing.slices import DatabaseFor, Handlers, Slice, slice_of
from contracts.users import ApiKeyRevoked, SessionRevoked
from gateway.composition import SPEC as GATEWAY
from gateway.settings import Settings
from users.composition import SPEC as USERS

PASSWORD = "monsoon-42-lamp"


class KeysAt:
    """The key set at an address that is known later."""

    url = ""

    async def __call__(self) -> Mapping[str, Any]:
        return await keys_from(self.url)()


@dataclass
class Edge:
    """The gateway before users, over real connections."""

    url: str
    http: aiohttp.ClientSession
    users: Slice
    heard: Handlers

    async def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> Any:
        arguments = {"json": body} if body else {}
        async with self.http.request(method, self.url + path, headers=headers, **arguments) as answer:  # type: ignore[arg-type]
            return answer.status, await answer.json() if answer.status != 204 else None

    async def hear(self) -> None:
        """What users has told reaches the gateway, as by the bus."""
        from chassis.bus.messages import Delivery

        for kind in (SessionRevoked, ApiKeyRevoked):
            for told in self.users.sent(kind):
                queue = self.heard.queue_of[told.routing_key]
                await self.heard.by_queue[queue]([Delivery(queue, told.headers, told.body)])


@pytest_asyncio.fixture(loop_scope="session")
async def edge(database_for: DatabaseFor) -> AsyncIterator[Edge]:
    """Users on its own database, a gateway before it, and nobody else."""
    async with AsyncExitStack() as stack:
        keys = KeysAt()
        both = {"issuer": "talkingphoto", "audience": "talkingphoto-api"}
        users = await stack.enter_async_context(
            slice_of(
                USERS,
                database_for,
                Slice,
                verifier=TokenVerifier(keys, **both),
                clock=SystemClock(),  # type: ignore[arg-type]
                settings={"bcrypt_cost": 10},
            )
        )
        url = await stack.enter_async_context(served(users.service.app, trusted_proxies="127.0.0.1"))
        keys.url = f"{url}/.well-known/jwks.json"
        gateway = GATEWAY.build(
            Settings(env="test", upstreams={"users": url}, rate_limit_factor=1000.0),
            Dependencies(
                database=None,
                store=None,  # type: ignore[arg-type]
                verifier=TokenVerifier(keys, **both),
                clock=SystemClock(),
                processes=None,  # type: ignore[arg-type]
            ),
        )
        heard = Handlers()
        assert gateway.listeners is not None
        gateway.listeners.attach(heard)  # type: ignore[arg-type]
        front = await stack.enter_async_context(served(gateway.app))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Edge(front, http, users, heard)


async def owner(edge: Edge) -> dict[str, str]:
    """Headers of somebody whose plan comes with keys."""
    consents = [{"kind": "terms"}, {"kind": "privacy"}]
    await edge.ask(
        "POST", "/api/v1/auth/register", email="asha@example.com", password=PASSWORD, name="Asha", consents=consents
    )
    _, tokens = await edge.ask("POST", "/api/v1/auth/login", email="asha@example.com", password=PASSWORD)
    await edge.users.execute(
        "INSERT INTO entitlements (user_id, product_line, plan, credits, version, features) "
        "SELECT id, 'talkingphoto', 'pro', 0, 1, '{\"api_access\": true}' FROM users"
    )
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_a_key_opens_what_its_scopes_say_until_it_is_revoked(edge: Edge) -> None:
    asha = await owner(edge)
    status, made = await edge.ask("POST", "/api/v1/users/me/api-keys", headers=asha, name="n", scopes=["read"])
    assert status == 201, made
    key = {"X-API-Key": made["key"]}
    status, profile = await edge.ask("GET", "/api/v1/users/me", headers=key)
    assert (status, profile["email"], profile["plan_type"]) == (200, "asha@example.com", "pro")
    for method, path in (
        ("PUT", "/api/v1/users/me"),
        ("GET", "/api/v1/users/me/api-keys"),
        ("GET", "/api/v1/admin/users"),
    ):
        status, answer = await edge.ask(method, path, headers=key)
        assert (status, answer["error"]["code"]) == (403, "api_key_out_of_scope"), path
    await edge.ask("DELETE", f"/api/v1/users/me/api-keys/{made['id']}", headers=asha)
    await edge.hear()
    status, answer = await edge.ask("GET", "/api/v1/users/me", headers=key)
    assert (status, answer["error"]["code"]) == (401, "api_key_refused")


async def test_what_users_refuses_a_key_for_is_said_in_its_words(edge: Edge) -> None:
    asha = await owner(edge)
    _, made = await edge.ask("POST", "/api/v1/users/me/api-keys", headers=asha, name="n", scopes=["read"])
    await edge.users.execute(
        "UPDATE entitlements SET features = '{}', plan = 'free', plans_with = $1", '{"api_access": ["pro"]}'
    )
    status, answer = await edge.ask("GET", "/api/v1/users/me", headers={"Authorization": f"Bearer {made['key']}"})
    assert (status, answer["error"]["code"], answer["error"]["details"]["plans"]) == (
        402,
        "plan_lacks_feature",
        ["pro"],
    )


async def test_a_key_is_good_at_its_own_addresses_alone(edge: Edge) -> None:
    asha = await owner(edge)
    for networks, expected in ((["127.0.0.0/8"], 200), (["203.0.113.0/24"], 403)):
        _, made = await edge.ask(
            "POST", "/api/v1/users/me/api-keys", headers=asha, name="n", scopes=["read"], allowed_addresses=networks
        )
        status, _ = await edge.ask("GET", "/api/v1/users/me", headers={"X-API-Key": made["key"]})
        assert status == expected


async def test_the_door_to_users_is_not_public(edge: Edge) -> None:
    status, _ = await edge.ask("POST", "/internal/api-keys/token", key="tpk_x")
    assert status == 404
