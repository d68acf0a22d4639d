"""The application behind the real server: what only sockets show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import structlog
import uvicorn
from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from chassis.http.app import create_app
from chassis.settings import ServiceSettings
from chassis.storage import FolderStore
from chassis.storage.router import objects_router

DATA = bytes(range(256)) * 8_000
router = APIRouter()


@router.post("/count")
async def count(request: Request) -> int:
    """How much arrived."""
    return sum([len(piece) async for piece in request.stream()])


@router.get("/half")
async def half() -> StreamingResponse:
    """Fail in the middle."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        raise RuntimeError("no second")

    return StreamingResponse(pieces())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    folder: Path = tmp_path_factory.mktemp("store")
    return FolderStore(folder, public_url="")


@pytest.fixture(scope="module")
async def http(store: FolderStore) -> AsyncIterator[aiohttp.ClientSession]:
    app = create_app(
        name="served",
        settings=ServiceSettings(),
        version="1",
        routers=[router, objects_router(store)],
        readiness={},
        max_body_size=100_000,
    )
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=2))
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=aiohttp.ClientTimeout(10)) as session:
        yield session
    server.should_exit = True
    await running


async def test_a_stream_that_grows_too_large_is_cut_off(http: aiohttp.ClientSession) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 20_000

    try:
        async with http.post("/count", data=endless()) as answer:
            assert answer.status == 413
            assert (await answer.json())["error"]["code"] == "too_large"
    except aiohttp.ClientOSError:
        # The server closed while we were still sending; that is a refusal as well, and the next call must work.
        pass
    async with http.post("/count", data=b" " * 100_000) as answer:
        assert (answer.status, await answer.json()) == (200, 100_000)


async def test_a_declared_size_is_refused_before_the_body_is_sent(http: aiohttp.ClientSession) -> None:
    address = http._base_url
    assert address is not None
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"POST /count HTTP/1.1\r\nHost: served\r\nContent-Length: 100001\r\n\r\n")

    # Not one byte of the body has been sent, and none will be.
    try:
        async with asyncio.timeout(5):
            status = await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()

    assert status.startswith(b"HTTP/1.1 413")


async def test_half_an_answer_breaks_the_connection(http: aiohttp.ClientSession) -> None:
    with structlog.testing.capture_logs() as lines, pytest.raises(aiohttp.ClientPayloadError):
        async with http.get("/half") as answer:
            assert answer.status == 200
            await answer.read()

    assert "http.failed" in [line["event"] for line in lines]


async def test_a_video_is_streamed_sought_and_described(http: aiohttp.ClientSession, store: FolderStore) -> None:
    await store.put_bytes(DATA, "videos/v.mp4", "video/mp4")
    link = store.signed_url("videos/v.mp4")

    async with http.get(link) as whole:
        assert await whole.read() == DATA
    async with http.get(link, headers={"Range": "bytes=1000000-"}) as part:
        assert (part.status, await part.read()) == (206, DATA[1_000_000:])
    async with http.head(link) as described:
        assert (described.content_length, described.content_type) == (len(DATA), "video/mp4")
