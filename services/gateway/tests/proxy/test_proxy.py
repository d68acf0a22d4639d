"""The proxy between real sockets: what passes, what does not, and what happens when either side is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import psutil
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis.bus.messages import Delivery, outgoing
from chassis.bus.port import ACKNOWLEDGE
from chassis.messaging.consumer import wait_until
from chassis.observe import traces
from chassis.observe.context import Context
from chassis.observe.metrics import REGISTRY
from chassis.settings import ServiceSettings
from chassis.testing.slices import NOW, Handlers
from chassis.testing.tokens import Issuer, an_identity
from contracts.users import SessionRevoked
from gateway.proxy.headers import SECURITY

MEBIBYTE = 1024 * 1024


async def pieces(total: int, piece: int = 256 * 1024, pause_s: float = 0) -> AsyncIterator[bytes]:
    for _ in range(total // piece):
        yield bytes(piece)
        await asyncio.sleep(pause_s)


def header(seen: dict[str, Any], name: str) -> str | None:
    return dict(seen["headers"]).get(name)


@pytest.mark.parametrize("declared", [True, False])
async def test_a_large_upload_streams_through(gateway: Any, declared: bool) -> None:
    size = 40 * MEBIBYTE
    process = psutil.Process()
    before, highest = process.memory_info().rss, 0

    async def watched() -> AsyncIterator[bytes]:
        nonlocal highest
        async for piece in pieces(size):
            highest = max(highest, process.memory_info().rss)
            yield piece

    headers = {"Content-Length": str(size)} if declared else {}
    async with gateway.request("POST", "/api/v1/files", data=watched(), headers=headers) as answer:
        assert answer.status == 200, await answer.text()
    [seen] = gateway.upstream.requests
    assert seen["size"] == size
    assert gateway.upstream.largest_piece <= MEBIBYTE
    # Client, gateway and service share this process, so each byte is in flight three times over.
    assert highest - before < 20 * MEBIBYTE


async def test_a_slow_upload_is_not_a_service_that_does_not_answer(gateway: Any) -> None:
    body = pieces(6, piece=1, pause_s=0.15)
    async with gateway.request("POST", "/api/v1/files", data=body) as answer:
        assert answer.status == 200
    assert gateway.upstream.requests[0]["size"] == 6


async def test_a_declared_body_over_the_limit_is_refused_before_it_is_sent(gateway: Any) -> None:
    for path, limit in (("/api/v1/files", 51 * MEBIBYTE), ("/api/v1/workflows", MEBIBYTE)):
        reader, writer = await asyncio.open_connection(*gateway.url.removeprefix("http://").split(":"))
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.issuer.token()}\r\n"
        writer.write(f"{head}Content-Length: {limit + 1}\r\n\r\n".encode())
        async with asyncio.timeout(5):
            assert b" 413 " in await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert not gateway.upstream.requests


async def test_a_chunked_body_over_the_limit_is_refused_on_the_way(gateway: Any) -> None:
    async with gateway.request("POST", "/api/v1/workflows", data=pieces(2 * MEBIBYTE)) as answer:
        assert answer.status == 413
        assert (await answer.json())["error"]["code"] == "too_large"
    await wait_until(lambda: gateway.upstream.open == 0, timeout_s=5)


async def test_events_pass_one_by_one(gateway: Any) -> None:
    async with gateway.request("GET", "/api/v1/workflows/1/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        async with asyncio.timeout(5):
            assert await answer.content.readany() == b"id: 1\n\n"
        assert gateway.upstream.open == 1
        gateway.upstream.release.set()
        async with asyncio.timeout(5):
            assert await answer.content.read() == b"id: 2\n\n"


async def test_events_end_with_the_gateway_and_nobody_waits_for_them(gateway: Any) -> None:
    gateway.service.app.state.upstreams.http._timeout = aiohttp.ClientTimeout(total=None)
    async with gateway.request("GET", "/api/v1/workflows/1/events") as answer:
        assert await answer.content.readany() == b"id: 1\n\n"
        began = time.monotonic()
        await gateway.stop()
        # One second is the server's patience, after which it would have cut the client off.
        assert time.monotonic() - began < 0.9
        # In order: an end, and no broken connection.
        assert await answer.content.read() == b""
    await wait_until(lambda: gateway.upstream.open == 0, timeout_s=5)
    assert gateway.upstream.requests[0]["left"]


@pytest.mark.parametrize("path", ["/api/v1/workflows/1/events", "/api/v1/users/hanging"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_client_that_leaves_ends_the_request_behind(gateway: Any, path: str, method: str) -> None:
    gateway.service.app.state.upstreams._timeout = aiohttp.ClientTimeout(total=None)
    gateway.service.app.state.upstreams.http._timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession() as leaving:
        headers = {"Authorization": f"Bearer {gateway.issuer.token()}"}
        body = b"{}" if method == "POST" else None
        asking = asyncio.ensure_future(leaving.request(method, gateway.url + path, headers=headers, data=body))
        await wait_until(lambda: gateway.upstream.open == 1, timeout_s=5)
        if path.endswith("events"):
            (await asking).close()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await wait_until(lambda: gateway.upstream.open == 0, timeout_s=5)
    assert gateway.upstream.requests[0]["left"]


@pytest.mark.parametrize(
    "token",
    [
        None,
        "nonsense",
        lambda issuer: issuer.token(an_identity(lives=timedelta(minutes=-5))),
        lambda issuer: issuer.token(aud="another"),
        lambda issuer: issuer.token(typ="refresh"),
        lambda issuer: Issuer(issuer.key_id).token(),
    ],
    ids=["none", "bad", "expired", "for-another", "no-access-token", "another-signer"],
)
async def test_without_a_good_token_a_service_is_not_reached(gateway: Any, token: Any) -> None:
    given = token(gateway.issuer) if callable(token) else token
    async with gateway.request("GET", "/api/v1/users/me", token=given) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert (await answer.json())["error"]["code"] == "not_authenticated"
    assert not gateway.upstream.requests


@pytest.mark.parametrize("token", [None, "nonsense"])
async def test_public_paths_need_no_token(gateway: Any, token: str | None) -> None:
    for path in ("/api/v1/auth/login", "/api/v1/objects/a/b.mp4"):
        async with gateway.request("GET", path, token=token) as answer:
            assert answer.status == 200
    assert len(gateway.upstream.requests) == 2


async def test_a_payment_webhook_needs_no_token(gateway: Any) -> None:
    """Billing is away in these tests: the way to it was open, and Stripe will repeat what it got 503 for."""
    for path, status in (("stripe", 503), ("other", 401)):
        async with gateway.request("POST", f"/api/v1/billing/webhooks/{path}", token=None, data=b"{}") as answer:
            assert answer.status == status


async def test_an_ended_session_is_refused_at_once(gateway: Any) -> None:
    listeners = Handlers()
    gateway.service.listeners.attach(listeners)
    identity = an_identity()
    ended, other = gateway.issuer.token(identity), gateway.issuer.token(an_identity(user_id=identity.user_id))

    async def status(token: str) -> int:
        async with gateway.request("GET", "/api/v1/users/me", token=token) as answer:
            return int(answer.status)

    assert [await status(ended), await status(other)] == [200, 200]
    event = SessionRevoked(user_id=identity.user_id, session_id=identity.session_id)
    wrapped = outgoing(event, service="users", now=NOW, cause=Context())
    [queue] = listeners.by_queue
    delivery = Delivery(queue, wrapped.headers, wrapped.body)
    for _ in range(2):
        assert await listeners.by_queue[queue]([delivery]) == [ACKNOWLEDGE]
        assert [await status(ended), await status(other)] == [401, 200]


async def test_what_belongs_to_the_connection_or_to_us_does_not_pass(gateway: Any) -> None:
    sent = {
        "Connection": "keep-alive, X-Of-My-Hop",
        "X-Of-My-Hop": "1",
        "TE": "trailers",
        "Proxy-Authorization": "Basic x",
        "X-Internal-User-Id": "admin",
        "x-internal-role": "admin",
        "X-Forwarded-For": "203.0.113.66",
        "X-Product-Line": "talkingphoto",
        "Cookie": "a=1",
        "User-Agent": "mine/1",
    }
    async with gateway.request("GET", "/api/v1/users/me", headers=sent) as answer:
        assert answer.headers["X-From-Service"] == "yes"
        assert "X-Of-This-Hop" not in answer.headers
        assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]
    [seen] = gateway.upstream.requests
    names = {name for name, _ in seen["headers"]}
    assert not names & {"x-of-my-hop", "te", "proxy-authorization", "x-internal-user-id", "x-internal-role"}
    assert header(seen, "x-forwarded-for") == "127.0.0.1"
    assert header(seen, "x-forwarded-proto") == "http"
    assert (header(seen, "x-product-line"), header(seen, "cookie")) == (None, "a=1")
    assert header(seen, "user-agent") == "mine/1"
    assert (header(seen, "authorization") or "").startswith("Bearer ")


async def test_nothing_is_added_to_what_the_client_sent(gateway: Any) -> None:
    reader, writer = await asyncio.open_connection(*gateway.url.removeprefix("http://").split(":"))
    writer.write(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
    async with asyncio.timeout(5):
        assert b" 200 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    [seen] = gateway.upstream.requests
    assert {name for name, _ in seen["headers"]} == {
        "host",
        "content-length",
        "x-request-id",
        "traceparent",
        "x-forwarded-for",
        "x-forwarded-proto",
    }


async def test_who_waits_for_a_go_ahead_gets_it_once(gateway: Any) -> None:
    async with gateway.request("POST", "/api/v1/auth/login", data=b"{}", expect100=True) as answer:
        assert answer.status == 200
    [seen] = gateway.upstream.requests
    assert (seen["size"], header(seen, "expect")) == (2, None)


@pytest.mark.parametrize("given", ["client-chosen-id-1", None, "bad id"])
async def test_the_request_id_goes_through_and_comes_back(gateway: Any, given: str | None) -> None:
    sent = {"X-Request-ID": given} if given else {}
    async with gateway.request("GET", "/api/v1/users/me", headers=sent) as answer:
        [returned] = answer.headers.getall("X-Request-ID")
    assert header(gateway.upstream.requests[0], "x-request-id") == returned
    assert (returned == given) == (given == "client-chosen-id-1")
    assert header(gateway.upstream.requests[0], "traceparent")


@pytest.mark.parametrize(
    "path", ["/", "/health", "/api/docs", "/api/v1/users/me", "/api/v1/auth/login", "/nothing", "/api/v1/export/x"]
)
@pytest.mark.parametrize("token", [None, ""])
async def test_every_answer_has_the_security_headers(gateway: Any, path: str, token: str | None) -> None:
    async with gateway.request("GET", path, token=token) as answer:
        for name, value in SECURITY:
            [found] = answer.headers.getall(name.decode())
            assert path == "/api/docs" or found == value.decode()


async def test_answers_to_users_are_not_kept_and_a_service_may_say_otherwise(gateway: Any) -> None:
    async with gateway.request("GET", "/api/v1/users/me") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
    async with gateway.request("GET", "/api/v1/users/moved", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (307, "/api/v1/objects/plain")
        assert answer.headers["Cache-Control"] == "public, max-age=60"
    async with gateway.request("GET", "/api/docs/assets/swagger-ui.css", token=None) as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize(
    ("path", "why"), [("/api/v1/billing/plans", "cannot be reached"), ("/api/v1/export/platforms", "not set up")]
)
async def test_a_service_that_is_away_is_a_503_and_the_others_go_on(gateway: Any, path: str, why: str) -> None:
    async with gateway.request("GET", path) as answer:
        error = (await answer.json())["error"]
        assert (answer.status, error["code"]) == (503, "unavailable")
        assert why in error["message"]
        assert int(answer.headers["Retry-After"]) >= 1
        assert error["request_id"] == answer.headers["X-Request-ID"]
    async with gateway.request("GET", "/api/v1/users/me") as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "path", "least_s", "most_s", "advice"),
    [
        ("GET", "/api/v1/users/hanging", 0.4, 1.4, "Try again in a moment."),
        ("GET", "/api/v1/workflows/hanging", 0.4, 1.4, "Try again in a moment."),
        ("GET", "/api/v1/auth/oauth/google/hanging", 1.4, 4, "Try again in a moment."),
        ("POST", "/api/v1/users/hanging", 1.4, 4, "Look whether it was done before you try again."),
        ("POST", "/api/v1/files/hanging", 1.4, 4, "Look whether it was done before you try again."),
    ],
)
async def test_a_service_that_hangs_is_a_504_within_the_time_out(
    gateway: Any, method: str, path: str, least_s: float, most_s: float, advice: str
) -> None:
    """PLT-30: what only reads what we have gives up sooner."""
    began = time.monotonic()
    async with gateway.request(method, path, data=b"{}" if method == "POST" else None) as answer:
        error = (await answer.json())["error"]
        assert (answer.status, error["code"], answer.headers["Retry-After"]) == (504, "no_answer", "1")
        assert error["message"].endswith(f" does not answer in time. {advice}")
    assert least_s < time.monotonic() - began < most_s
    await wait_until(lambda: gateway.upstream.open == 0, timeout_s=5)


async def test_an_answer_that_breaks_off_does_not_look_whole(gateway: Any) -> None:
    async with gateway.request("GET", "/api/v1/users/broken") as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/users/a%2Fb",
        "/api/v1/users/%E0%A4%86%20x",
        "/api/v1/users/a%3Fb",
        "/api/v1/users/me?q=a%20b&q=c%26d&empty=&flag",
        "/api/v1/users/me?q=a+b&x=%2B",
        "/api/v1/objects/a/b%25c.mp4?expires=1&signature=x%3D%3D",
    ],
)
async def test_paths_and_queries_pass_as_they_were_written(gateway: Any, target: str) -> None:
    reader, writer = await asyncio.open_connection(*gateway.url.removeprefix("http://").split(":"))
    token = gateway.issuer.token()
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    async with asyncio.timeout(5):
        assert b" 200 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    [seen] = gateway.upstream.requests
    assert seen["path"] + (f"?{seen['query']}" if seen["query"] else "") == target


async def test_requests_are_counted_by_route_and_not_by_path(gateway: Any) -> None:
    labels = {"service": "gateway", "method": "GET", "route": "/api/v1/users/{rest}", "status": "200"}
    before = REGISTRY.get_sample_value("http_requests_total", labels) or 0
    for number in range(3):
        async with gateway.request("GET", f"/api/v1/users/{number}") as answer:
            assert answer.status == 200
    # A request is counted when its last byte has left.
    await wait_until(lambda: REGISTRY.get_sample_value("http_requests_total", labels) == before + 3, timeout_s=5)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_every_method_passes(gateway: Any, method: str) -> None:
    async with gateway.request(method, "/api/v1/users/me") as answer:
        assert answer.status == 200
    assert gateway.upstream.requests[0]["method"] == method


@pytest.mark.parametrize("path", ["/api/v1/users/me", "/api/v1/auth/login"])
async def test_of_two_tokens_none_passes(gateway: Any, path: str) -> None:
    """A live one in front of a logged-out one: each side of the gateway would believe another."""
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    tokens = "".join(f"Authorization: Bearer {gateway.issuer.token()}\r\n" for _ in range(2))
    reader, writer = await asyncio.open_connection(*gateway.url.removeprefix("http://").split(":"))
    writer.write(f"{head}{tokens}\r\n".encode())
    async with asyncio.timeout(5):
        assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()

    assert not gateway.upstream.requests


async def test_a_slash_at_the_end_makes_no_difference(gateway: Any) -> None:
    async with gateway.request("GET", "/api/v1/users/me/?page=2") as answer:
        assert answer.status == 200
    async with gateway.request("GET", "/health//", headers={"Host": "evil.example"}) as answer:
        assert (answer.status, answer.headers.get("Location")) == (200, None)
    async with gateway.request("GET", "/api/v1/objects/a%2Fb/") as answer:
        assert answer.status == 200

    assert [(seen["path"], seen["query"]) for seen in passed_on(gateway)] == [
        ("/api/v1/users/me", "page=2"),
        ("/api/v1/objects/a%2Fb/", ""),
    ]


async def test_a_slash_opens_no_public_door(gateway: Any) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{gateway.url}/api/v1/auth/logout/") as answer:
        assert answer.status == 401
    assert not gateway.upstream.requests


def passed_on(gateway: Any) -> list[dict[str, Any]]:
    """What came from a client; for its own health the gateway asks services itself."""
    return [seen for seen in gateway.upstream.requests if seen["path"] != "/internal/dependencies"]


@pytest.mark.parametrize("path", ["/ready", "/metrics"])
async def test_what_is_for_those_who_run_it_is_not_for_the_public(gateway: Any, path: str) -> None:
    async with gateway.request("GET", path) as answer:
        assert answer.status == 404
    async with gateway.request("GET", "/health", token=None) as answer:
        assert answer.status == 200
    assert passed_on(gateway) == []


async def test_a_call_of_a_service_is_a_span_whose_trace_goes_on_there(gateway: Any) -> None:
    exporter = InMemorySpanExporter()
    traces.configure_tracing(ServiceSettings(trace_sample_ratio=1.0), exporter)
    try:
        async with gateway.request("GET", "/api/v1/objects/plain?signature=hunter2") as answer:
            assert answer.status == 200
        await wait_until(lambda: len(exporter.get_finished_spans()) == 2, timeout_s=5)
    finally:
        traces.configure_tracing(ServiceSettings())
    call, served = exporter.get_finished_spans()
    assert (call.name, served.name) == ("GET workflow", "GET /api/v1/objects/{rest}")
    assert call.parent is not None
    assert served.context is not None
    assert call.parent.span_id == served.context.span_id
    assert call.attributes is not None
    assert call.attributes["http.response.status_code"] == 200
    [seen] = gateway.upstream.requests
    assert call.context is not None
    assert (header(seen, "traceparent") or "")[36:52] == f"{call.context.span_id:016x}"
    assert "hunter2" not in call.to_json() + served.to_json()
