"""The server tells its requests that it is about to end."""

from __future__ import annotations

import asyncio

import aiohttp
import httpx
from fastapi import FastAPI

from chassis.http.requests import Stopping
from chassis.testing.served import served


def patient() -> tuple[FastAPI, asyncio.Event]:
    """Answers when its server wants to end; the event is set while somebody waits for that."""
    app, asked = FastAPI(), asyncio.Event()

    @app.get("/")
    async def wait(stopping: Stopping) -> str:
        asked.set()
        await stopping.wait()
        return "the end"

    @app.get("/stopping")
    async def look(stopping: Stopping) -> bool:
        return stopping.is_set()

    return app, asked


async def test_an_answer_without_an_end_of_its_own_ends_with_the_server() -> None:
    app, asked = patient()
    async with aiohttp.ClientSession() as client:
        async with served(app) as url:
            waiting = asyncio.create_task(client.get(url))
            await asked.wait()
        assert await (await waiting).json() == "the end"


async def test_each_server_has_an_end_of_its_own() -> None:
    app, _ = patient()
    async with aiohttp.ClientSession() as client, served(app) as staying:
        async with served(app):
            pass
        async with served(app) as later:
            for url in (staying, later):
                async with client.get(f"{url}/stopping") as answer:
                    assert await answer.json() is False


async def test_under_another_server_nothing_is_ever_said() -> None:
    app, _ = patient()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/stopping")).json() is False
