"""Orders that somebody breaks in on: what was placed is known, cancelled, and told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from chassis.testing.served import served
from talkingphoto.clips import doing as clips
from talkingphoto.command import STOPPED, Stop
from talkingphoto.films import doing as films
from talkingphoto.images import doing as images
from talkingphoto.ordering.placing import placed
from talkingphoto.runs import Where


class Platform:
    """Takes orders at any path, slowly; ``answered`` lets the answer go."""

    def __init__(self) -> None:
        self.id = str(uuid4())
        self.asked: list[tuple[str, str]] = []
        self.keys: list[str | None] = []
        self.ordering, self.answered = asyncio.Event(), asyncio.Event()
        self.cancelled = False
        self.app = FastAPI()
        self.app.api_route("/{path:path}", methods=["GET", "POST", "DELETE"])(self.any)

    async def any(self, path: str, request: Request) -> Response:
        self.asked.append((request.method, path))
        if path.endswith(("auto-hooks", "trim", "/generate", "retry")):
            self.keys.append(request.headers.get("Idempotency-Key"))
            self.ordering.set()
            await self.answered.wait()
            return JSONResponse({"id": self.id, "job_id": self.id}, 202)
        if path.endswith("cancel") or request.method == "DELETE":
            self.cancelled = True
            return JSONResponse({}, 202) if request.method == "POST" else Response(status_code=204)
        if "workflows" in path and not path.endswith("events"):
            return JSONResponse(
                {"id": self.id, "status": "cancelled" if self.cancelled else "processing", "credits": {"captured": 0}}
            )
        return JSONResponse({"access_token": "token", "id": str(uuid4()), "status": "processing", "message": ""})


@asynccontextmanager
async def interrupted(
    command: Callable[[Where, Path], Coroutine[Any, Any, None]], tmp_path: Path, *, times: int = 1
) -> AsyncIterator[tuple[Platform, asyncio.Task[None]]]:
    """A command that somebody breaks in on while its order is on its way."""
    platform = Platform()
    async with served(platform.app) as url:
        task = asyncio.ensure_future(command(Where(tmp_path / "home", url), tmp_path / "out"))
        await asyncio.wait_for(platform.ordering.wait(), 30)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        yield platform, task
        platform.answered.set()


async def of_clips(where: Where, out: Path) -> None:
    await clips.clips("https://youtu.be/x", {}, out, where, as_json=True, keep_going=False)


async def of_a_trim(where: Where, out: Path) -> None:
    await clips.trim("https://youtu.be/x", {}, out, where, as_json=True, keep_going=False)


async def of_a_film(where: Where, out: Path) -> None:
    script = out.parent / "script.md"
    script.write_text("Hello.")
    wanted = {"duration": 1, "voice": "neutral", "music": None, "title": "T"}
    await films.film(script, None, wanted, {}, out, where, dry_run=False, as_json=True, keep_going=False)


async def of_a_picture(where: Where, out: Path) -> None:
    await images.image(images.Wish(words="a harbour"), out, where, as_json=True)


@pytest.mark.parametrize("command", [of_clips, of_a_trim, of_a_film, of_a_picture])
async def test_an_order_that_is_on_its_way_is_cancelled_and_told_of(command: Any, tmp_path: Path) -> None:
    async with interrupted(command, tmp_path) as (platform, task):
        platform.answered.set()
        with pytest.raises(Stop, match=f"{platform.id} was cancelled") as stop:
            await asyncio.wait_for(task, 30)
    assert (stop.value.exit_code, platform.cancelled) == (STOPPED, True)
    assert all(key and len(key) >= 16 for key in platform.keys), "a repetition orders nothing again"


@pytest.mark.parametrize("command", [of_clips, of_a_picture])
async def test_who_does_not_wait_for_the_answer_is_told_that_nobody_knows(command: Any, tmp_path: Path) -> None:
    async with interrupted(command, tmp_path, times=2) as (_, task):
        with pytest.raises(Stop, match="whether it has arrived is not known") as stop:
            await asyncio.wait_for(task, 30)
    assert (stop.value.exit_code, stop.value.code) == (STOPPED, "unknown")


async def test_what_an_interrupted_order_was_refused_for_is_told() -> None:
    goes = asyncio.Event()

    async def order() -> str:
        await goes.wait()
        raise ValueError("no credits")

    task = asyncio.ensure_future(placed(order()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    goes.set()
    with pytest.raises(ValueError, match="no credits"):
        await task
