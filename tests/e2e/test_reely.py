"""Reely's scenario in its own paths and field names: trims, hooks, plans, keys, webhooks, clean-up (RE 1 to 8)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from standardwebhooks import Webhook
from tests.e2e.people import PASSWORD, Person, until
from tests.e2e.test_accounts import ahead, rows, somebody

from media.speech.synthesis import synthesise
from media.video.clip import Shape, write
from media.video.probe import probe
from media.video.source import read_audio
from simulators.serve import Served
from simulators.vendors.videos import Video, Videos

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SPOKEN = "spokenvideo"
SAID = (
    "Nobody believed that this would ever work. Why did we try it anyway? Because the old way had failed three times. "
    "So we threw everything away and began again. The result surprised all of us."
)


@pytest.fixture(scope="session")
def spoken(videos: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short film in which somebody speaks, on the site of videos."""
    return shown(videos, SPOKEN, SAID, tmp_path_factory.mktemp("spoken"))


def shown(videos: Served, video_id: str, said: str, folder: Path) -> Path:
    """A film in which that is said, on the site of videos from now on."""
    found = read_audio(synthesise(said, folder / "said.wav").path, mono=True)
    assert found is not None
    samples, rate = found
    shape = Shape(160, 90, Fraction(5))
    made = write(
        folder / "spoken.mp4", shape, _pictures(shape, len(samples.reshape(-1)) / rate), samples.reshape(-1, 1)
    )
    simulator = videos.simulator
    assert isinstance(simulator, Videos)
    simulator.videos[video_id] = Video("A talk", made.duration, path=made.path)
    return made.path


def _pictures(shape: Shape, seconds: float) -> Iterator[Any]:
    import av

    for number in range(shape.count(seconds)):
        picture = np.full((shape.height, shape.width, 3), 40 + number % 100, dtype=np.uint8)
        yield av.VideoFrame.from_ndarray(picture, format="bgr24")


def link(video_id: str) -> str:
    return f"https://www.youtube.com/watch?v={video_id}"


async def trimmed(person: Person, video_id: str = "fourminutes", **changes: Any) -> dict[str, Any]:
    """A job that has ended, of a trim in the document's words."""
    body = {"youtube_url": link(video_id), "start_time": "0:10", "end_time": "0:12"} | changes
    job = await person.post("/api/v1/trim", body)
    assert job.keys() >= {"job_id", "status"}
    return await person.finished(job["job_id"])


async def used(person: Person, meter: str, count: int) -> None:
    """Return when the gateway's own copy says so: what is refused at once is told by it."""

    async def look() -> bool | None:
        meters = (await person.get("/api/v1/auth/usage"))["meters"]
        return True if meters[meter]["used"] == count else None

    await until(look)


@contextlib.asynccontextmanager
async def listening(answers: int = 200) -> AsyncIterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Somebody's own server: what it was sent."""
    heard: list[tuple[dict[str, str], bytes]] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append((dict(request.headers), await request.read()))
        return web.Response(status=answers)

    app = web.Application()
    app.router.add_post("/hook", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", heard
    finally:
        await runner.cleanup()


async def test_from_a_free_account_to_premium(platform: Any, spoken: Path, videos: Served, tmp_path: Path) -> None:
    """RE 1 to 7."""
    async with somebody(platform, "reely") as asha, somebody(platform, "reely") as stranger:
        await asha.register()
        await asha.log_in()
        await asha.account()
        await stranger.arrive()

        # 2: a part of a video, whose it is, and what is refused.
        job = await trimmed(asha, end_time="0:40")
        assert job["status"] == "completed", job
        mine = await asha.get("/api/v1/my-jobs")
        assert [one["id"] for one in mine["items"]] == [job["id"]]
        there = await asha.get(f"/api/v1/download/{job['id']}")
        part = tmp_path / "part.mp4"
        part.write_bytes((await asha.http.get(there["url"])).content)
        assert probe(part).duration == pytest.approx(30.0, abs=0.25)
        assert (await stranger.ask("GET", f"/api/v1/download/{job['id']}")).status_code == 404
        long = await trimmed(asha, "sixminutes0")
        assert (long["status"], long["error"]["code"]) == ("failed", "SOURCE_TOO_LONG")
        assert "larger plan" in long["error"]["message"]
        elsewhere = {"youtube_url": "https://vimeo.com/1", "start_time": 0, "end_time": 5}
        refused = await asha.ask("POST", "/api/v1/trim", json=elsewhere)
        assert (refused.status_code, set(refused.json()["error"]["fields"])) == (422, {"url"})
        hidden = await trimmed(asha, "private0000")
        assert hidden["error"]["code"] == "SOURCE_PRIVATE"

        # 3: what failed does not count; the sixth trim and the fourth hook detection have to be paid for.
        for _ in range(4):
            assert (await trimmed(asha))["status"] == "completed"
        await used(asha, "trims", 5)

        async def sixth() -> Any:
            body = {"youtube_url": link("fourminutes"), "start_time": 0, "end_time": 5}
            answer = await asha.ask("POST", "/api/v1/trim", json=body)
            return answer if answer.status_code == 402 else None

        refusal = (await until(sixth)).json()["error"]
        assert (refusal["code"], refusal["details"]["upgrade_to"]) == ("quota_exceeded", ["pro", "premium"])
        length = probe(spoken).duration
        for number in range(3):
            order = {"youtube_url": link(SPOKEN), "num_hooks": 2, "clip_length": 8.0, "clips": int(number == 2)}
            found = await asha.finished((await asha.post("/api/v1/auto-hooks", order))["job_id"])
            assert found["status"] == "completed", found
            assert found["hooks"], found["shortfall_reasons"]
            assert all(0 <= hook["start"] < hook["end"] <= length + 0.1 for hook in found["hooks"])
            scores = [hook["score"] for hook in found["hooks"]]
            assert scores == sorted(scores, reverse=True)
            await used(asha, "auto_hooks", number + 1)
        clip = tmp_path / "clip.mp4"
        best = await asha.get(f"/api/v1/download/{found['id']}")
        clip.write_bytes((await asha.http.get(best["url"])).content)
        drawn = probe(clip)
        shown = next(stream for stream in drawn.streams if stream.kind == "video")
        assert (shown.width, shown.height) == (1080, 1920)
        assert drawn.duration == pytest.approx(found["hooks"][0]["end"] - found["hooks"][0]["start"], abs=0.3)
        assert found["hooks"][0]["clip"] == "clip_1" and "clip_1_srt" in found["results"]

        async def fourth() -> Any:
            answer = await asha.ask("POST", "/api/v1/auto-hooks", json={"youtube_url": link(SPOKEN)})
            return answer if answer.status_code == 402 else None

        assert (await until(fourth)).json()["error"]["code"] == "quota_exceeded"

        # 4 and 5: keys come with Pro, and so do longer videos.
        wish = {"name": "trims", "scopes": ["read", "workflows:write"]}
        assert (await asha.ask("POST", "/api/v1/users/me/api-keys", json=wish)).status_code == 402
        await asha.subscribe("pro")
        status = await asha.get("/api/v1/payments/subscription-status")
        assert (status["plan"], status["status"]) == ("pro", "active")
        meters = (await asha.get("/api/v1/auth/usage"))["meters"]
        assert {name: meter["limit"] for name, meter in meters.items()} == {"trims": 100, "auto_hooks": 50}
        key = await asha.post("/api/v1/users/me/api-keys", wish)
        with_key = {"Authorization": f"Bearer {key['key']}"}
        body = {"youtube_url": link("twentyfive0"), "start_time": "20:00", "end_time": "20:02"}
        by_key = await asha.http.post("/api/v1/trim", json=body, headers=with_key)
        assert by_key.status_code == 202, by_key.text
        assert (await asha.finished(by_key.json()["job_id"]))["status"] == "completed"
        assert (await asha.ask("DELETE", f"/api/v1/users/me/api-keys/{key['id']}")).status_code == 204

        async def locked_out() -> bool | None:
            answer = await asha.http.post("/api/v1/trim", json=body, headers=with_key)
            return True if answer.status_code == 401 else None

        await until(locked_out)

        # 6: no limits, first in the queue, and a word to one's own server.
        assert (await asha.ask("POST", "/api/v1/webhooks", json={"url": "http://127.0.0.1:9/"})).status_code == 403
        moved = await asha.ask("PUT", "/api/v1/billing/subscription", json={"plan": "premium"})
        assert moved.is_success, moved.text

        async def premium() -> bool | None:
            return True if (await asha.get("/api/v1/users/me"))["plan_type"] == "premium" else None

        await until(premium)
        await asha.log_in()
        meters = (await asha.get("/api/v1/auth/usage"))["meters"]
        assert {name: meter["limit"] for name, meter in meters.items()} == {"trims": -1, "auto_hooks": -1}
        async with listening() as (url, heard), listening(500) as (broken, turned_away):
            hook = await asha.post("/api/v1/webhooks", {"url": url, "event_types": ["workflow.completed"]})
            failing = await asha.post("/api/v1/webhooks", {"url": broken, "event_types": ["workflow.completed"]})
            job = await trimmed(asha)
            [row] = await rows(platform, "workflow", "SELECT lane FROM runs WHERE id = $1", job["id"])
            assert row["lane"] == 0

            async def told() -> bool | None:
                return True if heard and turned_away else None

            await until(told)
            headers, sent = heard[0]
            assert Webhook(hook["secret"]).verify(sent, {name.lower(): value for name, value in headers.items()})
            assert json.loads(sent)["type"] == "workflow.completed"

            async def waits() -> Any:
                deliveries = await asha.get(f"/api/v1/webhooks/{failing['id']}/deliveries")
                tried = [one for one in deliveries["items"] if one["attempts"] == 1]
                return tried[0] if tried else None

            assert (await until(waits))["response_status"] == 500

        # 7: files go when their owner wants, and money has a page of its own.
        assert (await asha.ask("DELETE", f"/api/v1/cleanup/{job['id']}")).status_code == 204
        gone = await asha.ask("GET", f"/api/v1/download/{job['id']}")
        assert (gone.status_code, gone.json()["error"]["code"]) == (410, "results_removed")
        [left] = await rows(platform, "workflow", "SELECT state FROM runs WHERE id = $1", job["id"])
        assert not any(path.exists() for path in _objects(platform, json.loads(left["state"])))
        portal = await asha.post("/api/v1/payments/create-portal", {"return_url": f"{platform.url}/"})
        assert portal["url"]
    served = videos.simulator
    assert isinstance(served, Videos)
    assert "sixminutes0" not in served.served, "refused before a byte of it was asked for"


def _objects(platform: Any, state: Any) -> Iterator[Path]:
    if isinstance(state, dict):
        if "sha256" in state and isinstance(state.get("key"), str):
            yield platform.objects / state["key"]
        for value in state.values():
            yield from _objects(platform, value)
    elif isinstance(state, list):
        for value in state:
            yield from _objects(platform, value)


@pytest.mark.moves_clock
async def test_the_month_ends_and_so_does_the_plan(platform: Any) -> None:
    """RE 7 and 8: counters begin anew, an ended subscription is the free plan again, and an account can go."""
    async with somebody(platform, "reely") as asha:
        await asha.arrive()
        await asha.subscribe("pro")
        assert (await trimmed(asha))["status"] == "completed"
        await used(asha, "trims", 1)
        ended = await asha.ask("POST", "/api/v1/billing/subscription/cancel", json={})
        assert ended.json()["cancel_at_period_end"] is True
        until_then = datetime.fromisoformat(
            (await asha.get("/api/v1/payments/subscription-status"))["current_period_end"]
        )
        left = until_then - datetime.now(UTC)
        await ahead(platform, (left + timedelta(hours=1)).total_seconds())
        await asha.log_in()

        async def free() -> bool | None:
            return True if (await asha.get("/api/v1/payments/subscription-status"))["plan"] == "free" else None

        await until(free, within_s=60)
        meters = (await asha.get("/api/v1/auth/usage"))["meters"]
        assert {name: (meter["used"], meter["limit"]) for name, meter in meters.items()} == {
            "trims": (0, 5),
            "auto_hooks": (0, 3),
        }
        figures = await asha.get("/api/v1/system/stats")
        assert {"platform", "own"} <= figures.keys()
        assert (await asha.ask("DELETE", "/api/v1/auth/me", json={"password": PASSWORD})).status_code == 202
