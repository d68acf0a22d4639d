"""Two processes on one upload: one that was thought dead, and the one that took over from it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from export.youtube.calls import UNIT
from simulators.core.faults import Fault
from simulators.core.loopback import InProcess
from simulators.vendors.youtube.server import PLAYLIST

_ODDS = {
    **dict.fromkeys((Fault.DROP_BEFORE, Fault.HANG_BEFORE, Fault.OVERLOADED, Fault.SERVER_ERROR), 0.03),
    **dict.fromkeys((Fault.GARBLED, Fault.GATEWAY_AFTER, Fault.AUTH, Fault.HANG_AFTER), 0.03),
    **dict.fromkeys((Fault.DROP_AFTER, Fault.TRUNCATED), 0.1),
    Fault.JOB_LOST: 0.02,
}


class Gate(httpx.AsyncBaseTransport):
    """Holds one request back, or its answer, until it is opened; everything else passes."""

    def __init__(self, inner: InProcess, held: Callable[[httpx.Request], bool], *, answer: bool) -> None:
        self._inner = inner
        self._held = held
        self._answer = answer
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        self.passed = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        mine = not self.reached.is_set() and self._held(request)
        if not mine:
            return await self._inner.handle_async_request(request)
        if self._answer:
            response = await self._inner.handle_async_request(request)
        self.reached.set()
        await self.opened.wait()
        if not self._answer:
            response = await self._inner.handle_async_request(request)
        self.passed.set()
        return response


def _piece(first: int) -> Callable[[httpx.Request], bool]:
    return lambda request: request.headers.get("content-range", "").startswith(f"bytes {first}-")


def _begins(request: httpx.Request) -> bool:
    return request.method == "POST" and "uploadType" in str(request.url)


def _lists(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("playlistItems")


_PLACES = {"begin": _begins, "first": _piece(0), "middle": _piece(2 * UNIT), "last": _piece(3 * UNIT)}


@pytest.mark.parametrize(
    ("held", "answer"),
    # A video may be put into a playlist twice, so there only an answer that is late can do no harm.
    [*((held, answer) for held in _PLACES.values() for answer in (False, True)), (_lists, True)],
    ids=[*(f"{name}-{what}" for name in _PLACES for what in ("request", "answer")), "playlist-answer"],
)
async def test_who_comes_back_from_the_dead_changes_nothing(
    start_studio: Any, user: UUID, held: Callable[[httpx.Request], bool], answer: bool
) -> None:
    """It stood still at one request; another finished its work; now it goes on."""
    gates: list[Gate] = []

    def through(inner: InProcess) -> Gate:
        gates.append(Gate(inner, held, answer=answer))
        return gates[-1]

    studio = await start_studio(through=through)
    await studio.connect(user)
    asked = (await studio.upload(user, await studio.project(user), playlist_id=PLAYLIST)).json()
    await asyncio.wait_for(gates[0].reached.wait(), 20)
    second = await start_studio(vendor=studio.vendor, url=studio.export.database.url, alone=True)
    seen = await second.ended(user, asked["id"])
    assert (seen["upload_status"], seen["error"]) == ("complete", None)
    rows = await second.export.fetch("SELECT * FROM youtube_uploads")
    gates[0].opened.set()
    await asyncio.wait_for(gates[0].passed.wait(), 20)
    for part in studio.export.service.background:
        await part.stop(5.0)
    assert [video.job_id for video in studio.videos(asked["id"])] == [seen["video_id"]]
    assert await second.export.fetch("SELECT * FROM youtube_uploads") == rows
    assert await second.export.fetch("SELECT 1 FROM work") == []


async def test_many_uploads_under_bad_luck(start_studio: Any, user: UUID) -> None:
    """With the database, the pool and its leases: none becomes two videos, and all that was lost is found again."""
    studio = await start_studio(youtube_concurrency=8)
    await studio.connect(user)
    studio.vendor.plan.chance(_ODDS, seed=20_261_121)
    made = []
    for _ in range(16):
        made.append((await studio.upload(user, await studio.project(user, size=700_000))).json()["id"])
    await studio.export.eventually("SELECT count(*) FROM work WHERE run_after <= now()", [0])
    studio.vendor.plan.clear()
    async with asyncio.timeout(60):
        # Those that wait need not: nothing is in their way any more.
        while await studio.export.fetch("SELECT 1 FROM work"):
            await studio.export.execute("UPDATE work SET run_after = now() WHERE lease_token IS NULL")
    ended = [await studio.ended(user, upload_id) for upload_id in made]
    ends = Counter(each["upload_status"] for each in ended)
    for each in ended:
        videos = [video.job_id for video in studio.videos(each["id"])]
        assert len(videos) <= 1
        assert videos == [each["video_id"]] or each["upload_status"] == "failed"
    assert ends["complete"] > 10
