"""What one client can make the server hold: connections, heads, and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from starlette.responses import StreamingResponse
from starlette.routing import WebSocketRoute

from chassis.http import edge, server
from chassis.http.app import create_app
from chassis.observe import context
from chassis.settings import ServiceSettings
from chassis.testing.served import served

HEAD = b"GET /client HTTP/1.1\r\nHost: x\r\n"


def an_app() -> FastAPI:
    app = create_app(name="bounded", settings=ServiceSettings(env="test"), version="1", routers=[], readiness={})

    @app.get("/client")
    async def client(request: Request) -> dict[str, str | None]:
        assert request.client is not None
        return {
            "client": request.client.host,
            "scheme": request.url.scheme,
            "key": request.headers.get("key", ""),
            "line": context.current().product_line,
        }

    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    @app.get("/large")
    async def large() -> StreamingResponse:
        return StreamingResponse(bytes(65_536) for _ in range(1000))

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(f"{text} {websocket.headers.get('x-internal-key')}")

    app.router.routes.append(WebSocketRoute("/echo", echo))
    return app


class Connection:
    """A client that writes bytes as it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> bytes:
        """Everything until the server closes; nothing when it broke the connection."""
        async with asyncio.timeout(5):
            try:
                return await self.reader.read(-1)
            except ConnectionResetError:
                return b""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    try:
        yield Connection(reader, writer)
    finally:
        writer.transport.abort()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of a fifth of a second."""
    monkeypatch.setattr(server, "HEAD_WITHIN_S", 0.2)
    monkeypatch.setattr(server, "READ_WITHIN_S", 0.2)
    monkeypatch.setattr(server, "KEPT_S", 0.2)
    monkeypatch.setattr(edge, "BODY_WITHIN_S", 0.2)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(HEAD + b"a:b\r\n" * 200_000 + b"\r\n", id="a million bytes of headers"),
        pytest.param(HEAD + b"a: " + b"b" * 1_000_000 + b"\r\n\r\n", id="one header of a million bytes"),
        pytest.param(b"GET /" + b"b" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", id="a path of a million bytes"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", id="two hosts"),
        pytest.param(b"GET /\r\n\r\n", id="HTTP 0.9"),
    ],
)
async def test_a_head_that_is_too_large_or_none_is_refused_in_our_words(head: bytes) -> None:
    async with served(an_app()) as url, connected(url) as client:
        with_answer = asyncio.create_task(client.answer())
        try:
            await client.send(head)
        except ConnectionError:
            return  # cut before all of it was sent
        answer = await with_answer
        assert not answer or (answer.startswith(b"HTTP/1.1 400 ") and b'"code":"bad_request"' in answer)


async def test_more_headers_than_anybody_needs_are_refused() -> None:
    async with served(an_app()) as url, connected(url) as client:
        await client.send(HEAD + b"a:b\r\n" * 200 + b"Connection: close\r\n\r\n")
        assert (await client.answer()).startswith(b"HTTP/1.1 431 ")


async def test_blanks_behind_a_value_are_not_part_of_it() -> None:
    async with served(an_app()) as url, connected(url) as client:
        await client.send(HEAD + b"Key: k1  \r\nConnection: close\r\n\r\n")
        assert b'"key":"k1"' in await client.answer()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="silence"),
        pytest.param(HEAD, id="half a head"),
        pytest.param(HEAD + b"\r\n" + HEAD, id="half a second head"),
        pytest.param(b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1", id="half a body nobody wants"),
    ],
)
async def test_who_does_not_finish_asking_is_cut(sent: bytes) -> None:
    async with served(an_app()) as url, connected(url) as client:
        await client.send(sent)
        await client.answer()


@pytest.mark.usefixtures("quick")
async def test_a_body_that_does_not_come_is_given_up_and_said_so() -> None:
    async with served(an_app()) as url, connected(url) as client:
        await client.send(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1")
        answer = await client.answer()
        assert answer.startswith(b"HTTP/1.1 408 ") and b'"code":"too_slow"' in answer


async def test_a_body_that_keeps_its_pace_may_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "BODY_WITHIN_S", 0.2)
    monkeypatch.setattr(edge, "SLOWEST_BODY", 100)
    async with served(an_app()) as url, connected(url) as client:
        head = b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nConnection: close\r\n\r\n"
        await client.send(head + bytes(50))
        # Past the first patience, within what fifty bytes have earned.
        await asyncio.sleep(0.4)
        await client.send(bytes(50))
        assert (await client.answer()).endswith(b"100")


@pytest.mark.usefixtures("quick")
async def test_who_does_not_read_the_answer_is_cut() -> None:
    async with served(an_app()) as url, connected(url) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(5):
            while True:
                # Only writing notices: nobody reads here.
                try:
                    await client.send(b"x")
                except ConnectionError:
                    break
                await asyncio.sleep(0.05)


async def test_one_address_gets_so_many_connections_and_they_come_back() -> None:
    async with served(an_app(), most_connections_per_address=3) as url:
        async with AsyncExitStack() as stack:
            for _ in range(3):
                held = await stack.enter_async_context(connected(url))
                await held.send(HEAD + b"\r\n")
                assert await held.reader.readline() == b"HTTP/1.1 200 OK\r\n"
            one_more = await stack.enter_async_context(connected(url))
            assert await one_more.answer() == b""
        async with httpx.AsyncClient() as http, asyncio.timeout(5):
            while True:
                try:
                    assert (await http.get(f"{url}/client")).status_code == 200
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.01)


async def test_a_websocket_is_a_connection_of_its_address_and_lasts(quick: None) -> None:
    """No wait for a head ends it, and its place is free when it has ended, however it did."""
    async with served(an_app(), most_connections_per_address=2) as url, aiohttp.ClientSession() as http:
        for ends in ("in order", "broken off") * 3:
            socket = await http.ws_connect(f"{url}/echo", headers={"X-Internal-Key": "forged"})
            with pytest.raises(TimeoutError):
                await socket.receive(timeout=0.5)
            await socket.send_str("still")
            assert (await socket.receive(timeout=5)).data == "still None", "nobody says what only proxies say"
            if ends == "in order":
                await socket.close()
            else:
                assert socket._conn is not None
                socket._conn.transport.abort()  # type: ignore[union-attr]
                await socket.close()
        async with AsyncExitStack() as stack, asyncio.timeout(5):
            # The server notices an end a moment after the client does.
            while True:
                try:
                    held = [await stack.enter_async_context(http.ws_connect(f"{url}/echo")) for _ in range(2)]
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.02)
            with pytest.raises(aiohttp.ClientError):
                await http.ws_connect(f"{url}/echo")
            assert len(held) == 2


async def test_a_trusted_proxy_is_not_counted() -> None:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(
            served(an_app(), most_connections_per_address=1, trusted_proxies="127.0.0.1")
        )
        for _ in range(3):
            held = await stack.enter_async_context(connected(url))
            await held.send(HEAD + b"\r\n")
            assert await held.reader.readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("trusted", "forwarded", "client"),
    [
        pytest.param("", ["198.51.100.1"], "127.0.0.1", id="from nobody who is trusted"),
        pytest.param("10.0.0.0/8", ["198.51.100.1"], "127.0.0.1", id="loopback is nobody special"),
        pytest.param("127.0.0.1", ["198.51.100.1"], "198.51.100.1", id="from a proxy"),
        pytest.param("127.0.0.1", ["203.0.113.9, 198.51.100.1"], "198.51.100.1", id="what the client made up is left"),
        pytest.param("127.0.0.1", ["203.0.113.9", "198.51.100.1"], "198.51.100.1", id="in two headers"),
        pytest.param(
            "127.0.0.0/8,10.0.0.0/8", ["203.0.113.9, 198.51.100.1, 10.1.2.3"], "198.51.100.1", id="two proxies in a row"
        ),
    ],
)
async def test_the_client_is_the_last_address_that_is_no_trusted_proxy(
    monkeypatch: pytest.MonkeyPatch, trusted: str, forwarded: list[str], client: str
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    async with served(an_app(), trusted_proxies=trusted) as url, httpx.AsyncClient() as http:
        headers = [("X-Forwarded-For", value) for value in forwarded] + [("X-Forwarded-Proto", "https")]
        answer = (await http.get(f"{url}/client", headers=headers)).json()
    assert (answer["client"], answer["scheme"]) == (client, "http" if client == "127.0.0.1" else "https")


@pytest.mark.parametrize(("trusted", "line"), [("", None), ("10.0.0.0/8", None), ("127.0.0.1", "pixie")])
async def test_internal_headers_are_believed_from_proxies_alone(trusted: str, line: str | None) -> None:
    async with served(an_app(), trusted_proxies=trusted) as url, httpx.AsyncClient() as http:
        headers = {"X-Internal-Product-Line": "pixie", "X-Forwarded-For": "198.51.100.1"}
        assert (await http.get(f"{url}/client", headers=headers)).json()["line"] == line
