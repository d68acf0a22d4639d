"""Calls between services: what travels along, and what comes out when the other side is in trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from chassis.errors import Unavailable
from chassis.http.client import Refused, ServiceClient
from chassis.observe import context

OVER = web.AppKey("over", asyncio.Event)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


async def echo(request: web.Request) -> web.Response:
    body = await request.json() if request.can_read_body else None
    return web.json_response(
        {"headers": dict(request.headers), "query": dict(request.query), "body": body, "method": request.method}
    )


async def answer(request: web.Request) -> web.Response:
    return web.Response(status=int(request.match_info["status"]), body=await request.read())


async def hang(request: web.Request) -> web.Response:
    await request.app[OVER].wait()
    return web.Response()


async def large(_: web.Request) -> web.Response:
    return web.Response(body=b" " * (17 * 1024 * 1024))


async def elsewhere(_: web.Request) -> web.Response:
    raise web.HTTPFound("/echo")


async def text(_: web.Request) -> web.Response:
    return web.Response(text="<html>")


@pytest.fixture(scope="module")
async def address() -> AsyncIterator[str]:
    app = web.Application(client_max_size=1 << 20)
    app.add_routes(
        [
            web.route("*", "/echo", echo),
            web.post("/answer/{status}", answer),
            web.get("/hang", hang),
            web.get("/large", large),
            web.get("/text", text),
            web.get("/elsewhere", elsewhere),
        ]
    )
    app[OVER] = asyncio.Event()
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    app[OVER].set()
    await runner.cleanup()


@pytest.fixture
async def billing(address: str) -> AsyncIterator[ServiceClient]:
    async with ServiceClient(address, service="billing") as client:
        yield client


async def test_a_call_carries_request_trace_product_and_token(billing: ServiceClient) -> None:
    with context.bind(correlation_id="request-1", traceparent=TRACE, product_line="pixie"):
        got = await billing.get("/echo", params={"a": "b c"}, token="t.o.k")

    assert got["query"] == {"a": "b c"}
    sent = {name.lower(): value for name, value in got["headers"].items()}
    assert (sent["x-request-id"], sent["traceparent"], sent["x-internal-product-line"]) == ("request-1", TRACE, "pixie")
    assert sent["authorization"] == "Bearer t.o.k"


async def test_a_body_travels_as_json_under_its_key(billing: ServiceClient) -> None:
    got = await billing.post("/echo", {"amount": 3}, key="k-1")

    assert (got["method"], got["body"]) == ("POST", {"amount": 3})
    assert got["headers"]["Idempotency-Key"] == "k-1"
    assert got["headers"]["Content-Type"] == "application/json"


async def test_no_content_is_none(billing: ServiceClient) -> None:
    assert await billing.call("POST", "/answer/204") is None


async def test_a_refusal_comes_out_in_the_other_services_words(billing: ServiceClient) -> None:
    body = {"error": {"code": "no_credits", "message": "Add credits.", "details": {"missing": 3}, "request_id": "r"}}

    with pytest.raises(Refused) as refusal:
        await billing.post("/answer/402", body)

    found = refusal.value
    assert (found.status, found.code, found.message, found.details) == (
        402,
        "no_credits",
        "Add credits.",
        {"missing": 3},
    )
    assert found.retryable is False


@pytest.mark.parametrize("body", [{}, {"error": "x"}, [], {"error": {"code": "x"}}])
async def test_a_refusal_without_words_is_still_a_refusal(billing: ServiceClient, body: Any) -> None:
    with pytest.raises(Refused) as refusal:
        await billing.post("/answer/404", body)

    assert (refusal.value.status, refusal.value.code) == (404, "not_found")


@pytest.mark.parametrize("status", [301, 429, 500, 502, 503])
async def test_trouble_on_the_other_side_is_unavailable(billing: ServiceClient, status: int) -> None:
    with pytest.raises(Unavailable) as failure:
        await billing.call("POST", f"/answer/{status}")

    assert failure.value.retryable
    assert failure.value.details == {"service": "billing", "reason": f"status {status}"}


@pytest.mark.parametrize("path", ["/large", "/text", "/elsewhere"])
async def test_an_answer_that_cannot_be_used_is_unavailable(billing: ServiceClient, path: str) -> None:
    with pytest.raises(Unavailable, match="billing"):
        await billing.get(path)


async def test_a_call_ends_in_time(address: str) -> None:
    async with ServiceClient(address, service="billing", timeout_s=0.1) as client, asyncio.timeout(5):
        with pytest.raises(Unavailable) as failure:
            await client.get("/hang")

    assert isinstance(failure.value.__cause__, TimeoutError)


async def test_nobody_there_is_unavailable() -> None:
    async with ServiceClient("http://127.0.0.1:9", service="billing") as client:
        with pytest.raises(Unavailable):
            await client.get("/echo")


async def test_a_closed_client_can_be_used_again(address: str) -> None:
    client = ServiceClient(address + "/", service="billing")
    await client.get("/echo")
    await client.close()
    await client.close()
    await client.get("/echo")
    await client.close()
