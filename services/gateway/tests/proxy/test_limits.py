"""How often one client may ask, through real sockets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from unittest.mock import ANY

import pytest
from fakeredis import FakeAsyncRedis, FakeServer

from chassis import ids
from chassis.errors import RateLimited
from chassis.identity.limits import MemoryLimiter, RedisLimiter
from chassis.testing.tokens import an_identity
from contracts.product_lines import PRODUCT_LINES
from gateway.proxy.limits import PLANS, Limits, network_of

as_in_production = pytest.mark.parametrize("gateway", [1.0], indirect=True)


async def statuses(gateway: Any, times: int, method: str, path: str, **arguments: Any) -> list[int]:
    found = []
    for _ in range(times):
        async with gateway.request(method, path, **arguments) as answer:
            found.append(answer.status)
    return found


@as_in_production
@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/auth/register", 5),
        ("/api/v1/auth/login", 10),
        ("/api/v1/auth/login/second-factor", 10),
        ("/api/v1/auth/forgot-password", 3),
        ("/api/v1/auth/reset-password", 10),
        ("/api/v1/auth/verify-email/resend", 3),
    ],
)
async def test_registering_and_logging_in_are_limited_by_address(gateway: Any, path: str, most: int) -> None:
    assert await statuses(gateway, most + 2, "POST", path, token=None) == [200] * most + [429] * 2
    # A slash more is no other address, and another route goes on.
    assert await statuses(gateway, 1, "POST", f"{path}/", token=None) == [429]
    assert await statuses(gateway, 1, "POST", "/api/v1/auth/refresh", token=None) == [200]


@as_in_production
@pytest.mark.parametrize(("path", "most"), [("/api/v1/files", 20), ("/api/v1/workflows", 10)])
async def test_uploads_and_orders_are_limited_by_user(gateway: Any, path: str, most: int) -> None:
    mine, other = gateway.issuer.token(), gateway.issuer.token()
    assert await statuses(gateway, most + 1, "POST", path, token=mine) == [200] * most + [429]
    assert await statuses(gateway, 1, "POST", path, token=other) == [200]
    assert await statuses(gateway, 1, "GET", path, token=mine) == [200], "reading is another matter"


@as_in_production
async def test_ai_work_is_limited_together_besides(gateway: Any) -> None:
    """By user and plan (GTW-21); looking at it is not."""
    token, pro = gateway.issuer.token(), gateway.issuer.token(an_identity(plan="pro"))
    kinds = ["image/generate", "video/generate", "lip-sync"] * 10
    found = [await statuses(gateway, 1, "POST", f"/api/v1/ai/{kind}", token=token) for kind in kinds]
    assert found == [[200]] * 30
    assert await statuses(gateway, 1, "POST", "/api/v1/ai/lip-sync", token=token) == [429]
    assert await statuses(gateway, 1, "GET", "/api/v1/ai/models", token=token) == [200]
    assert await statuses(gateway, 91, "POST", "/api/v1/ai/lip-sync", token=pro) == [200] * 90 + [429]


async def test_subscribing_is_limited_by_user() -> None:
    limits = Limits(MemoryLimiter())
    scope = {"method": "POST", "path": "/api/v1/billing/subscription", "client": ("198.51.100.7", 1)}
    caller = an_identity()
    for _ in range(3):
        await limits.take(scope, caller)
    with pytest.raises(RateLimited) as refused:
        await limits.take(scope, caller)
    assert 3500 < int(refused.value.headers["Retry-After"]) <= 3600
    assert refused.value.headers["X-RateLimit-Limit"] == "3"


async def test_replicas_count_together_and_each_for_itself_while_redis_is_away() -> None:
    server, now = FakeServer(), 0.0
    one, other = (
        Limits(RedisLimiter(FakeAsyncRedis(server=server).connection_pool, clock=lambda: now)) for _ in range(2)
    )
    scope = {"method": "POST", "path": "/api/v1/auth/register", "client": ("198.51.100.7", 1)}
    for limits in (one, other, one, other, one):
        await limits.take(scope, None)
    with pytest.raises(RateLimited):
        await other.take(scope, None)

    server.connected = False
    for limits in (one, other):
        for left in (4, 3, 2, 1, 0):
            assert (await limits.take(scope, None))["X-RateLimit-Remaining"] == str(left)
        with pytest.raises(RateLimited):
            await limits.take(scope, None)

    server.connected, now = True, 1.1
    with pytest.raises(RateLimited):
        await one.take(scope, None)


@as_in_production
async def test_a_plan_raises_the_limits(gateway: Any) -> None:
    token = gateway.issuer.token(an_identity(plan="enterprise"))
    assert await statuses(gateway, 101, "POST", "/api/v1/workflows", token=token) == [200] * 100 + [429]


async def test_a_key_is_counted_for_itself_and_leaves_its_owner_something() -> None:
    limits = Limits(MemoryLimiter())
    scope = {"method": "POST", "path": "/api/v1/workflows", "client": ("198.51.100.7", 1)}
    owner = an_identity()
    first, second = (replace(owner, session_id=ids.uuid7(), scopes=frozenset({"workflows:write"})) for _ in range(2))
    for left in range(7, -1, -1):
        assert await limits.take(scope, first) == {
            "X-RateLimit-Limit": "8", "X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": ANY,
        }  # fmt: skip
    for _ in range(3):
        with pytest.raises(RateLimited):
            await limits.take(scope, first)
    await limits.take(scope, second)
    await limits.take(scope, owner)
    for identity in (second, owner):
        with pytest.raises(RateLimited):
            await limits.take(scope, identity)


@as_in_production
async def test_without_a_token_sixty_a_minute_and_wrong_ones_count(gateway: Any) -> None:
    assert await statuses(gateway, 30, "GET", "/api/v1/users/me", token="wrong") == [401] * 30
    assert await statuses(gateway, 31, "GET", "/api/v1/auth/google", token=None) == [200] * 30 + [429]
    assert await statuses(gateway, 1, "GET", "/api/v1/users/me", token=None) == [429]
    assert await statuses(gateway, 1, "GET", "/api/v1/users/me") == [200], "who logged in from there goes on"


@as_in_production
async def test_a_user_may_ask_a_hundred_and_twenty_times_a_minute_and_is_told(gateway: Any) -> None:
    token = gateway.issuer.token()
    async with gateway.request("GET", "/api/v1/users/me", token=token) as answer:
        assert answer.headers["X-RateLimit-Limit"] == "120"
        assert answer.headers["X-RateLimit-Remaining"] == "119"
        assert int(answer.headers["X-RateLimit-Reset"]) in range(61)
    assert await statuses(gateway, 119, "GET", "/api/v1/users/me", token=token) == [200] * 119
    async with gateway.request("GET", "/api/v1/users/me", token=token) as answer:
        assert answer.status == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert (await answer.json())["error"]["code"] == "rate_limited"


@as_in_production
async def test_a_plan_of_the_same_name_in_another_line_is_another_plan(gateway: Any) -> None:
    for line, limit in (("talkingphoto", "360"), ("reely", "240"), ("pixie", "120")):
        token = gateway.issuer.token(an_identity(product_line=line, plan="pro"))
        async with gateway.request("GET", "/api/v1/users/me", token=token) as answer:
            assert answer.headers["X-RateLimit-Limit"] == limit


def test_every_plan_that_is_paid_for_raises_the_limits() -> None:
    sold = {(key, plan) for key, line in PRODUCT_LINES.items() for plan in line.plans[1:]}
    assert sold <= PLANS.keys()
    assert min(PLANS.values()) > 1


@as_in_production
async def test_payments_and_players_are_not_held_up(gateway: Any) -> None:
    assert set(await statuses(gateway, 100, "POST", "/api/v1/billing/webhooks/stripe", token=None)) == {503}
    assert set(await statuses(gateway, 100, "GET", "/api/v1/objects/plain", token=None)) == {200}


@as_in_production
async def test_a_user_holds_so_many_live_streams(gateway: Any) -> None:
    token = gateway.issuer.token()
    held = [await gateway.request("GET", "/api/v1/workflows/1/events", token=token) for _ in range(20)]
    async with gateway.request("GET", "/api/v1/workflows/1/events", token=token) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (429, "too_many_streams")
    async with gateway.request("GET", "/api/v1/workflows/1/events") as other:
        assert other.status == 200
    held.pop().close()
    async with asyncio.timeout(5):
        while (again := await gateway.request("GET", "/api/v1/workflows/1/events", token=token)).status != 200:
            again.close()
            await asyncio.sleep(0.02)
    for answer in (*held, again):
        answer.close()


async def test_pages_of_allowed_origins_may_call_and_no_others(gateway: Any) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    for origin, allowed in (
        ("https://app.example.org", True),
        ("https://studio.example.org", True),
        ("https://evil.example", False),
    ):
        headers = {"Origin": origin, **asked}
        async with gateway.request("OPTIONS", "/api/v1/workflows", token=None, headers=headers) as answer:
            assert (answer.status == 200) is allowed
            assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
            assert "Access-Control-Allow-Credentials" not in answer.headers
        async with gateway.request("GET", "/api/v1/users/me", headers={"Origin": origin}) as answer:
            assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("not an address", "not an address"),
    ],
)
def test_an_address_of_ipv6_is_counted_as_its_network(host: str, network: str) -> None:
    assert network_of({"client": (host, 1)}) == network


async def test_many_users_of_one_address_share_a_larger_limit() -> None:
    limits = Limits(MemoryLimiter())
    scope = {"method": "POST", "path": "/api/v1/workflows", "client": ("198.51.100.7", 1)}
    for _ in range(100):
        await limits.take(scope, an_identity())
    with pytest.raises(RateLimited):
        await limits.take(scope, an_identity())


async def test_a_live_stream_does_not_outlive_its_session(gateway: Any) -> None:
    identity = an_identity()
    token = gateway.issuer.token(identity)
    async with gateway.request("GET", "/api/v1/workflows/1/events", token=token) as answer:
        assert await answer.content.readuntil(b"\n\n") == b"id: 1\n\n"
        gateway.service.app.state.verifier.revoke_session(identity.session_id)
        gateway.upstream.release.set()
        assert await answer.content.read() == b""
