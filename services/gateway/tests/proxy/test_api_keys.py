"""API keys at the gateway: a token goes on in place of the key, users is asked now and then, and the scope decides."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from chassis.bus.messages import Delivery, outgoing
from chassis.bus.port import ACKNOWLEDGE
from chassis.errors import Unavailable
from chassis.http.client import Refused
from chassis.identity.api_keys import LENGTH, PREFIX, is_well_formed, new_key
from chassis.ids import uuid7
from chassis.observe.context import Context
from chassis.testing.slices import NOW, Handlers
from chassis.testing.tokens import an_identity
from contracts.scopes import Scope
from contracts.users import ApiKeyRevoked
from gateway.proxy.api_keys import ASKED_AGAIN_S, ApiKeyRefused, ApiKeys, KeyElsewhere
from gateway.proxy.table import TABLE, row_of

KEY_ID = uuid7()


def test_a_key_is_long_enough_and_has_a_checksum() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key) == LENGTH and key.startswith(PREFIX) and is_well_formed(key) for key in keys)
    key = keys.pop()
    for position in range(len(PREFIX), LENGTH):
        wrong = "x" if key[position] != "x" else "y"
        assert not is_well_formed(key[:position] + wrong + key[position + 1 :])
    assert not is_well_formed(key[:-1]) and not is_well_formed(key + "0") and not is_well_formed("")


class Users:
    """Answers as users does, and counts how often it is asked."""

    def __init__(self, answer: Callable[[str], Mapping[str, Any]]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def post(self, path: str, body: dict[str, str]) -> Any:
        assert path == "/internal/api-keys/token"
        self.asked.append(body["key"])
        await asyncio.sleep(0)
        return self.answer(body["key"])

    async def close(self) -> None: ...


def granted(*addresses: str, expires_in: int = 600) -> Callable[[str], Mapping[str, Any]]:
    return lambda key: {
        "access_token": f"token-of-{key[-3:]}",
        "key_id": str(KEY_ID),
        "expires_in": expires_in,
        "allowed_addresses": [str(ipaddress.ip_network(one)) for one in addresses],
    }


def refused(status: int, code: str) -> Callable[[str], Mapping[str, Any]]:
    def answer(key: str) -> Mapping[str, Any]:
        raise Refused(status, code, "no")

    return answer


def away(key: str) -> Mapping[str, Any]:
    raise Unavailable("users cannot be reached")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def keys_with(answer: Callable[[str], Mapping[str, Any]]) -> tuple[ApiKeys, Users, Clock]:
    users, clock = Users(answer), Clock()
    return ApiKeys(users, ticks=clock), users, clock  # type: ignore[arg-type]


def a_request(key: str, *, client: str = "203.0.113.7") -> dict[str, Any]:
    return {"type": "http", "client": (client, 1), "headers": [(b"x-api-key", key.encode()), (b"accept", b"*/*")]}


async def test_users_is_asked_once_for_a_while_however_many_ask() -> None:
    keys, users, clock = keys_with(granted())
    key = new_key()
    admitted = await asyncio.gather(*(keys.admitted(a_request(key)) for _ in range(20)))
    expected = [(b"accept", b"*/*"), (b"authorization", f"Bearer token-of-{key[-3:]}".encode())]
    assert all(scope["headers"] == expected for scope in admitted)
    clock.now = ASKED_AGAIN_S - 0.1
    await keys.admitted(a_request(key))
    assert users.asked == [key]
    clock.now = ASKED_AGAIN_S
    await keys.admitted(a_request(key))
    assert users.asked == [key, key]


async def test_a_mistyped_key_asks_nobody() -> None:
    keys, users, _ = keys_with(granted())
    key = new_key()
    with pytest.raises(ApiKeyRefused, match="typing error"):
        await keys.admitted(a_request(key[:-1] + ("0" if key[-1] != "0" else "1")))
    assert users.asked == []


async def test_what_users_refuses_is_refused_and_not_remembered() -> None:
    keys, users, clock = keys_with(granted())
    key = new_key()
    await keys.admitted(a_request(key))
    clock.now = ASKED_AGAIN_S
    users.answer = refused(402, "plan_lacks_feature")
    with pytest.raises(Refused) as refusal:
        await keys.admitted(a_request(key))
    assert (refusal.value.status, refusal.value.code) == (402, "plan_lacks_feature")
    users.answer = refused(401, "api_key_refused")
    with pytest.raises(ApiKeyRefused):
        await keys.admitted(a_request(key))
    users.answer = granted()
    await keys.admitted(a_request(key))


async def test_while_users_is_away_a_known_key_works_until_its_token_ends() -> None:
    keys, users, clock = keys_with(granted())
    key = new_key()
    await keys.admitted(a_request(key))
    users.answer = away
    for clock.now in (ASKED_AGAIN_S, 599.0):
        await keys.admitted(a_request(key))
    clock.now = 602.0
    with pytest.raises(Unavailable):
        await keys.admitted(a_request(key))
    with pytest.raises(Unavailable):
        await keys.admitted(a_request(new_key()))


async def test_a_revoked_key_is_asked_about_at_its_next_use() -> None:
    keys, users, _ = keys_with(granted())
    key = new_key()
    await keys.admitted(a_request(key))
    keys.forget(uuid7())
    await keys.admitted(a_request(key))
    assert len(users.asked) == 1
    keys.forget(KEY_ID)
    users.answer = refused(401, "api_key_refused")
    with pytest.raises(ApiKeyRefused):
        await keys.admitted(a_request(key))


@pytest.mark.parametrize(
    ("client", "passes"),
    [("203.0.113.7", True), ("203.0.114.7", False), ("2001:db8::5", True), ("::ffff:203.0.113.9", True), ("", False)],
)
async def test_a_key_is_bound_to_its_networks(client: str, passes: bool) -> None:
    keys, _, _ = keys_with(granted("203.0.113.0/24", "2001:db8::/32"))
    request = a_request(new_key(), client=client)
    if passes:
        await keys.admitted(request)
    else:
        with pytest.raises(KeyElsewhere):
            await keys.admitted(request)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/users/me", Scope.READ),
        ("PUT", "/api/v1/users/me", None),
        ("GET", "/api/v1/users/me/sessions", None),
        ("GET", "/api/v1/users/me/api-keys", None),
        ("POST", "/api/v1/users/me/api-keys", None),
        ("POST", "/api/v1/auth/change-password", None),
        ("POST", "/api/v1/auth/logout", None),
        ("GET", "/api/v1/admin/audit", None),
        ("GET", "/api/v1/admin/billing/costs", None),
        ("GET", "/api/v1/billing/credits/balance", Scope.READ),
        ("POST", "/api/v1/billing/subscriptions", None),
        ("POST", "/api/v1/workflows", Scope.WORKFLOWS_WRITE),
        ("GET", "/api/v1/workflows/0199f0a1/events", Scope.READ),
        ("DELETE", "/api/v1/files/0199f0a1", Scope.FILES_WRITE),
        ("GET", "/api/v1/youtube/connect", Scope.YOUTUBE_WRITE),
        ("POST", "/api/v1/ai/jobs", Scope.AI_WRITE),
    ],
)
def test_which_scope_a_request_needs(method: str, path: str, scope: Scope | None) -> None:
    row = row_of(path)
    assert row is not None and row.scope_for(method) == scope


def test_every_scope_opens_something() -> None:
    assert {row.read for row in TABLE} | {row.write for row in TABLE} == {None, *Scope}


def the_key_of(gateway: Any, *scopes: str, **answer: Any) -> str:
    """A key that the service behind the gateway knows."""
    token = gateway.issuer.token(an_identity(session_id=KEY_ID), scope=" ".join(scopes))
    gateway.upstream.says["/internal/api-keys/token"] = (200, granted()("") | {"access_token": token} | answer)
    return new_key()


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
async def test_the_service_gets_a_token_and_never_the_key(gateway: Any, header: str) -> None:
    key = the_key_of(gateway, "read")
    sent = {header: key if header == "X-API-Key" else f"Bearer {key}"}
    async with gateway.request("GET", "/api/v1/workflows", token=None, headers=sent) as answer:
        assert answer.status == 200, await answer.text()
    asked, seen = gateway.upstream.requests
    assert (asked["path"], asked["method"]) == ("/internal/api-keys/token", "POST")
    [authorization] = [value for name, value in seen["headers"] if name == "authorization"]
    assert authorization.startswith("Bearer ey")
    assert key not in str(seen)


async def test_a_scope_that_is_missing_is_named(gateway: Any) -> None:
    key = the_key_of(gateway, "read", "files:write")
    for method, path, scope in (("POST", "/api/v1/workflows", "workflows:write"), ("PUT", "/api/v1/users/me", None)):
        async with gateway.request(method, path, token=None, headers={"X-API-Key": key}, data=b"{}") as answer:
            error = (await answer.json())["error"]
            assert (answer.status, error["code"]) == (403, "api_key_out_of_scope")
            assert (error.get("details") or {}).get("scope") == scope
    assert [seen["path"] for seen in gateway.upstream.requests] == ["/internal/api-keys/token"]


async def test_on_a_public_path_a_key_goes_nowhere(gateway: Any) -> None:
    for headers in ({"X-API-Key": new_key()}, {"Authorization": f"Bearer {new_key()}"}):
        async with gateway.request("GET", "/api/v1/auth/anything", token=None, headers=headers) as answer:
            assert answer.status == 200
    assert [seen["path"] for seen in gateway.upstream.requests] == ["/api/v1/auth/anything"] * 2
    assert PREFIX not in str(gateway.upstream.requests)


async def test_two_ways_to_say_who_one_is_are_one_too_many(gateway: Any) -> None:
    headers = {"X-API-Key": new_key(), "Authorization": f"Bearer {gateway.issuer.token()}"}
    async with gateway.request("GET", "/api/v1/workflows", token=None, headers=headers) as answer:
        assert answer.status == 400


async def test_a_revoked_key_stops_at_once(gateway: Any) -> None:
    key, listeners = the_key_of(gateway, "read"), Handlers()
    gateway.service.listeners.attach(listeners)
    async with gateway.request("GET", "/api/v1/workflows", token=None, headers={"X-API-Key": key}) as answer:
        assert answer.status == 200
    gateway.upstream.says["/internal/api-keys/token"] = (401, {"error": {"code": "api_key_refused", "message": "no"}})
    event = ApiKeyRevoked(user_id=uuid7(), key_id=KEY_ID)
    told = outgoing(event, service="users", now=NOW, cause=Context())
    queue = listeners.queue_of[told.routing_key]
    assert await listeners.by_queue[queue]([Delivery(queue, told.headers, told.body)]) == [ACKNOWLEDGE]
    async with gateway.request("GET", "/api/v1/workflows", token=None, headers={"X-API-Key": key}) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (401, "api_key_refused")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("gateway", [0.05], indirect=True)
async def test_guessing_keys_is_limited_by_address(gateway: Any) -> None:
    statuses = []
    for _ in range(4):
        async with gateway.request("GET", "/api/v1/workflows", token=None, headers={"X-API-Key": "tpk_x"}) as answer:
            statuses.append(answer.status)
    assert statuses == [401, 401, 401, 429]
