"""The HTTP interface of the bad network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from chassis.testing.proxy_api import ProxyApi


@pytest_asyncio.fixture(loop_scope="session")
async def api() -> AsyncIterator[tuple[ProxyApi, aiohttp.ClientSession]]:
    created = ProxyApi()
    await created.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{created.port}") as session:
        yield created, session
    await created.stop()


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    await writer.drain()
    writer.close()


async def _seconds_to_greet(port: int) -> float:
    started = asyncio.get_running_loop().time()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await reader.read() == b"hello"
    writer.close()
    return asyncio.get_running_loop().time() - started


async def test_a_proxy_is_made_broken_repaired_and_removed(api: tuple[ProxyApi, aiohttp.ClientSession]) -> None:
    proxies, http = api
    server = await asyncio.start_server(_greet, "127.0.0.1", 0)
    upstream = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with http.post("/proxies", json={"name": "db", "upstream": upstream}) as answer:
        assert answer.status == 201
        made = await answer.json()
    assert made["enabled"]
    assert made["upstream"] == upstream
    port = int(made["listen"].rpartition(":")[2])
    assert await _seconds_to_greet(port) < 0.1

    toxic = {"type": "latency", "stream": "downstream", "attributes": {"latency": 150}}
    async with http.post("/proxies/db/toxics", json=toxic) as answer:
        assert (await answer.json())["name"] == "latency_downstream"
    assert await _seconds_to_greet(port) >= 0.14
    async with http.post("/proxies/db/toxics/latency_downstream", json={"attributes": {"latency": 300}}) as answer:
        assert (await answer.json())["attributes"] == {"latency": 300, "jitter": 0}
    assert await _seconds_to_greet(port) >= 0.29
    async with http.get("/proxies/db/toxics") as answer:
        assert [one["type"] for one in await answer.json()] == ["latency"]
    async with http.delete("/proxies/db/toxics/latency_downstream") as answer:
        assert answer.status == 204
    assert await _seconds_to_greet(port) < 0.1

    async with http.post("/proxies/db", json={"enabled": False}) as answer:
        assert not (await answer.json())["enabled"]
    assert not proxies.proxies["db"].enabled
    async with http.post("/reset") as answer:
        assert answer.status == 204
    assert await _seconds_to_greet(port) < 0.1
    async with http.get("/proxies") as answer:
        assert list(await answer.json()) == ["db"]
    async with http.delete("/proxies/db") as answer:
        assert answer.status == 204
    assert proxies.proxies == {}
    server.close()


async def test_mistakes_are_answered(api: tuple[ProxyApi, aiohttp.ClientSession]) -> None:
    _, http = api
    async with http.get("/proxies/nobody") as answer:
        assert answer.status == 404
    async with http.post("/proxies", json={"name": "a", "upstream": "127.0.0.1:1"}) as answer:
        assert answer.status == 201
    async with http.post("/proxies", json={"name": "a", "upstream": "127.0.0.1:1"}) as answer:
        assert answer.status == 409
    async with http.post("/proxies/a/toxics", json={"type": "gremlin"}) as answer:
        assert answer.status == 400
        assert "gremlin" in (await answer.json())["error"]
    async with http.get("/version") as answer:
        assert "version" in await answer.json()
