"""A ticket opens one stream, as if its owner had sent the token."""

from __future__ import annotations

import asyncio
from typing import Any

import fakeredis
import pytest

from chassis import ids
from chassis.errors import BadRequest, Unavailable
from gateway.live.tickets import LIFE_S, MemoryStore, RedisStore, TicketRefused, Tickets

PATH = "/api/v1/workflows/0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b/events"


def scope_of(query: str, path: str = PATH, headers: tuple[tuple[bytes, bytes], ...] = ()) -> dict[str, Any]:
    return {"type": "http", "path": path, "query_string": query.encode(), "headers": list(headers)}


@pytest.fixture(params=["memory", "redis"])
def tickets(request: pytest.FixtureRequest) -> Tickets:
    if request.param == "memory":
        return Tickets(MemoryStore())
    return Tickets(RedisStore(fakeredis.FakeAsyncRedis()))


async def test_a_ticket_stands_for_its_token_once(tickets: Tickets) -> None:
    ticket = await tickets.issue(PATH, "the-token")

    admitted = await tickets.admitted(scope_of(f"ticket={ticket}&after=3"))

    assert admitted["headers"] == [(b"authorization", b"Bearer the-token")]
    assert admitted["query_string"] == b"after=3"
    with pytest.raises(TicketRefused):
        await tickets.admitted(scope_of(f"ticket={ticket}"))


async def test_of_two_at_the_same_moment_one_gets_in(tickets: Tickets) -> None:
    ticket = await tickets.issue(PATH, "the-token")

    outcomes = await asyncio.gather(
        *(tickets.admitted(scope_of(f"ticket={ticket}")) for _ in range(5)), return_exceptions=True
    )

    assert sum(isinstance(outcome, TicketRefused) for outcome in outcomes) == 4


@pytest.mark.parametrize("shown", ["", "nonsense", "\u20ac"])
async def test_what_is_no_ticket_is_refused(tickets: Tickets, shown: str) -> None:
    with pytest.raises(TicketRefused):
        await tickets.admitted(scope_of(f"ticket={shown}"))


async def test_a_ticket_is_for_one_address(tickets: Tickets) -> None:
    ticket = await tickets.issue(PATH, "the-token")
    with pytest.raises(TicketRefused):
        await tickets.admitted(scope_of(f"ticket={ticket}", f"/api/v1/workflows/{ids.uuid7()}/events"))


async def test_a_ticket_beside_a_token_is_refused(tickets: Tickets) -> None:
    ticket = await tickets.issue(PATH, "the-token")
    with pytest.raises(BadRequest):
        await tickets.admitted(scope_of(f"ticket={ticket}", headers=((b"authorization", b"Bearer other"),)))
    with pytest.raises(BadRequest):
        await tickets.admitted(scope_of(f"ticket={ticket}&ticket={ticket}"))


async def test_a_ticket_expires_and_is_forgotten() -> None:
    now = 0.0
    store = MemoryStore(clock=lambda: now)
    tickets = Tickets(store)
    old = await tickets.issue(PATH, "the-token")
    now = LIFE_S
    with pytest.raises(TicketRefused):
        await tickets.admitted(scope_of(f"ticket={old}"))
    for _ in range(100):
        now += 1
        await tickets.issue(PATH, "the-token")
    assert len(store._kept) <= LIFE_S


async def test_whoever_reads_the_store_has_neither_token_nor_ticket() -> None:
    redis = fakeredis.FakeAsyncRedis()
    ticket = await Tickets(RedisStore(redis)).issue(PATH, "the-token")
    [name] = await redis.keys()
    value = await redis.get(name)
    assert ticket.encode() not in name + value
    assert b"the-token" not in value
    assert 0 < await redis.ttl(name) <= LIFE_S


async def test_a_store_that_is_away_is_said() -> None:
    server = fakeredis.FakeServer()
    tickets = Tickets(RedisStore(fakeredis.FakeAsyncRedis(server=server)))
    server.connected = False
    with pytest.raises(Unavailable):
        await tickets.issue(PATH, "the-token")
    with pytest.raises(Unavailable):
        await tickets.admitted(scope_of("ticket=x"))


async def test_an_event_source_connects_with_a_ticket_and_is_its_owner(gateway: Any) -> None:
    token = gateway.issuer.token()
    async with gateway.request("POST", f"{PATH}/ticket", token=token) as answer:
        told = await answer.json()
        assert (answer.status, answer.headers["Location"]) == (201, told["url"])
        assert answer.headers["Cache-Control"] == "no-store"
        assert "X-RateLimit-Remaining" in answer.headers
    async with gateway.request("GET", f"{told['url']}&after=7", token=None) as answer:
        assert answer.status == 200
        assert await answer.content.readline() == b"id: 1\n"
    seen = gateway.upstream.requests[-1]
    assert dict(seen["headers"])["authorization"] == f"Bearer {token}"
    assert (seen["path"], seen["query"]) == (PATH, "after=7")
    async with gateway.request("GET", told["url"], token=None) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (401, "ticket_refused")


async def test_nobody_gets_a_ticket_without_a_token(gateway: Any) -> None:
    for token in (None, "nonsense"):
        async with gateway.request("POST", f"{PATH}/ticket", token=token) as answer:
            assert answer.status == 401


@pytest.mark.parametrize("gateway", [1.0], indirect=True)
async def test_tickets_are_counted_and_so_are_wrong_ones(gateway: Any) -> None:
    token = gateway.issuer.token()
    found = []
    for _ in range(121):
        async with gateway.request("POST", f"{PATH}/ticket", token=token) as answer:
            found.append(answer.status)
    assert found == [201] * 120 + [429]
    found = []
    for _ in range(61):
        async with gateway.request("GET", f"{PATH}?ticket=guess", token=None) as answer:
            found.append(answer.status)
    assert found == [401] * 60 + [429]


async def test_a_stream_opened_with_a_ticket_ends_with_its_session(gateway: Any) -> None:
    token = gateway.issuer.token()
    async with gateway.request("POST", f"{PATH}/ticket", token=token) as answer:
        url = (await answer.json())["url"]
    identity = await gateway.service.app.state.verifier.verify(token)
    gateway.service.app.state.verifier.revoke_session(identity.session_id)
    async with gateway.request("GET", url, token=None) as answer:
        assert answer.status == 401


async def test_a_ticket_is_of_its_sessions_product_line(gateway: Any) -> None:
    headers = {"X-Product-Line": "pixie"}
    async with gateway.request("POST", f"{PATH}/ticket", token=gateway.issuer.token(), headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (409, "product_line_differs")
