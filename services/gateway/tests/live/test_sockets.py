"""Live updates over a WebSocket, through real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from chassis.messaging.consumer import wait_until
from chassis.testing.tokens import an_identity

UNIFIED, SOURCE = "/api/v1/workflows/7/ws", "/workflow/7"


def update(sequence: int, state: str) -> bytes:
    return f'id: {sequence}\nevent: {state}\ndata: {{"type":"workflow_status","sequence":{sequence}}}\n\n'.encode()


def connect(gateway: Any, path: str, token: str | None = None, **arguments: Any) -> Any:
    headers = {"Authorization": f"Bearer {token or gateway.issuer.token()}"} if token != "" else {}
    return gateway.http.ws_connect(f"{gateway.url}{path}", headers=headers, **arguments)


@pytest.mark.parametrize("path", [UNIFIED, SOURCE, f"{SOURCE}/", f"{UNIFIED}?after=3"])
async def test_each_update_is_a_message_and_the_connection_ends_with_the_workflow(gateway: Any, path: str) -> None:
    # Pieces need not be events: one is torn, and one is a sign of life.
    first = update(1, "processing")
    gateway.upstream.told = [first[:9], first[9:] + b": alive\n\n", update(2, "completed")]
    gateway.upstream.release.set()
    async with asyncio.timeout(5), connect(gateway, path) as socket:
        said = [message.json() async for message in socket]
        assert (said, socket.close_code) == ([{"type": "workflow_status", "sequence": n} for n in (1, 2)], 1000)
    [seen] = gateway.upstream.requests
    assert (seen["method"], seen["path"]) == ("GET", "/api/v1/workflows/7/events")
    assert seen["query"] == path.partition("?")[2]
    assert not {name for name, _ in seen["headers"] if name.startswith("sec-websocket") or name == "upgrade"}


async def test_a_stream_that_ends_early_says_try_again(gateway: Any) -> None:
    gateway.upstream.told = [update(1, "processing"), b""]
    gateway.upstream.release.set()
    async with asyncio.timeout(5), connect(gateway, UNIFIED) as socket:
        assert [message.json()["sequence"] async for message in socket] == [1]
        assert socket.close_code == 1013


@pytest.mark.parametrize(("token", "status"), [("", 401), ("wrong", 401)])
async def test_nobody_unknown_gets_in(gateway: Any, token: str, status: int) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(gateway, UNIFIED, token)
    assert refused.value.status == status
    assert not gateway.upstream.requests


async def test_what_the_stream_refuses_is_refused_in_the_handshake(gateway: Any) -> None:
    error = {"code": "not_found", "message": "There is no such workflow."}
    gateway.upstream.says["/api/v1/workflows/7/events"] = (404, {"error": error})
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(gateway, UNIFIED)
    assert refused.value.status == 404
    token = gateway.issuer.token(an_identity(product_line="pixie"))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(gateway, SOURCE, token)
    assert refused.value.status == 409, "this path is another product's"


async def test_a_browser_connects_with_a_ticket(gateway: Any) -> None:
    gateway.upstream.told = [update(1, "failed"), b""]
    gateway.upstream.release.set()
    workflow = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"
    async with gateway.request("POST", f"/api/v1/workflows/{workflow}/events/ticket") as answer:
        query = (await answer.json())["url"].partition("?")[2]
    path = f"/api/v1/workflows/{workflow}/ws?{query}"
    async with asyncio.timeout(5), connect(gateway, path, "") as socket:
        assert (await socket.receive()).json()["sequence"] == 1
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await connect(gateway, path, "")
    assert refused.value.status == 401, "it opens once"


async def test_who_leaves_ends_the_stream_and_what_is_said_is_not_read(gateway: Any) -> None:
    gateway.upstream.told = [update(1, "processing"), b""]
    socket = await connect(gateway, UNIFIED)
    await socket.send_str("hello")
    assert (await socket.receive()).json()["sequence"] == 1
    await socket.close()
    await wait_until(lambda: gateway.upstream.open == 0, timeout_s=5)
    assert gateway.upstream.requests[0]["left"]


async def test_a_message_that_is_too_large_ends_the_connection(gateway: Any) -> None:
    gateway.upstream.told = [update(1, "processing"), b""]
    async with asyncio.timeout(5), connect(gateway, UNIFIED) as socket:
        assert (await socket.receive()).json()["sequence"] == 1
        await socket.send_str("x" * 5000)
        ended = await socket.receive()
        assert ended.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        assert socket.close_code == 1009


async def test_a_session_that_ends_ends_the_connection(gateway: Any) -> None:
    gateway.upstream.told = [update(1, "processing"), update(2, "processing")]
    identity = an_identity()
    async with asyncio.timeout(5), connect(gateway, UNIFIED, gateway.issuer.token(identity)) as socket:
        assert (await socket.receive()).json()["sequence"] == 1
        gateway.service.app.state.verifier.revoke_session(identity.session_id)
        gateway.upstream.release.set()
        assert (await socket.receive()).type is WSMsgType.CLOSE


async def test_there_is_no_socket_anywhere_else(gateway: Any) -> None:
    for path in ("/api/v1/users/me", "/", "/api/v1/workflows/7/events"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await connect(gateway, path)
        assert refused.value.status in (403, 404), path
    assert not gateway.upstream.requests
