"""The whole way of somebody who makes films, by the film studio's own paths and words (its scenario, 1 to 10)."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import av
import httpx
import pytest
from PIL import Image
from tests.e2e.people import Person, until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SCRIPT = """# The river

The river begins as a thread of water between two stones. Nobody notices it there.

Further down it has a name, and bridges, and children who throw sticks from them.

# The sea

At the end it is so wide that you cannot say where it stops."""


def film_studio(platform: Any) -> Person:
    return Person(platform.url, **{"X-Product-Line": "filmstudio"})


async def upload(person: Person, picture: bytes, name: str) -> str:
    answer = await person.ask("POST", "/api/v1/files", files={"file": (name, picture, "image/jpeg")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def balance(person: Person) -> tuple[int, str]:
    found = await person.get("/api/credits/balance")
    return found["balance"], found["plan_type"]


async def top_up(person: Person, plan: str) -> dict[str, Any]:
    answer = await person.ask("POST", "/api/credits/topup", json={"plan_type": plan})
    assert answer.status_code == 402, answer.text
    page = answer.json()["error"]["details"]["checkout_url"]
    paid = await person.http.post(f"{httpx.URL(page).path}/pay")
    assert paid.status_code == 303, paid.text

    async def there() -> dict[str, Any] | None:
        found = await person.get("/api/credits/balance")
        return found if found["plan_type"] == plan else None

    return await until(there)


async def project_is(person: Person, project_id: str, *wanted: str, within_s: float = 180.0) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found = await person.get(f"/api/projects/{project_id}")
        return found if found["status"] in wanted else None

    return await until(look, within_s=within_s)


async def fetched(person: Person, url: str, out: Path) -> Path:
    answer = await person.http.get(url)
    assert answer.status_code == 200, answer.text
    out.write_bytes(answer.content)
    return out


def small(picture: Path) -> bytes:
    buffer = io.BytesIO()
    with Image.open(picture) as image:
        image.convert("RGB").resize((360, 360)).save(buffer, "JPEG")
    return buffer.getvalue()


def still(picture: Path) -> bytes:
    """Two seconds in which somebody is looked at."""
    buffer = io.BytesIO()
    with Image.open(picture) as image, av.open(buffer, "w", format="mp4") as film:
        frame = av.VideoFrame.from_image(image.convert("RGB").resize((640, 640)))
        stream = film.add_stream("libx264", rate=25, options={"crf": "18"})
        stream.width = stream.height = 640
        stream.pix_fmt = "yuv420p"
        for _ in range(50):
            film.mux(stream.encode(frame.reformat(format="yuv420p")))
        film.mux(stream.encode(None))
    return buffer.getvalue()


def seconds_of(film: Path) -> float:
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert stream.duration is not None and stream.time_base is not None
        return float(stream.duration * stream.time_base)


MINUTES = os.environ.get("FILM_MINUTES", "1")
"""``make chaos`` makes two."""


async def test_somebody_makes_films(platform: Any, channels: Any, portrait: Path, tmp_path: Path) -> None:
    minutes = int(MINUTES)
    price = 3 * minutes
    async with film_studio(platform) as asha, film_studio(platform) as other:
        # 1: an account.
        registered = await asha.register("/api/users/register")
        assert {"id", "name", "email", "plan_type", "credits", "role", "created_at"} <= registered.keys()
        assert (registered["plan_type"], registered["role"]) == ("Free", "creator")
        session = await asha.log_in("/api/users/login")
        assert {"access_token", "token_type", "expires_in"} <= session.keys()
        assert (await asha.http.get("/api/users/profile")).status_code == 401
        await other.register("/api/users/register")
        await other.log_in("/api/users/login")

        # 2: what is sold.
        plans = (await asha.http.get("/api/credits/plans")).json()
        assert [(plan["plan_type"], plan["price"], plan["credits_per_month"]) for plan in plans] == [
            ("Free", 0, 3),
            ("Standard", 39, 30),
            ("Pro", 49, 60),
            ("Enterprise", 99, 120),
        ]

        async def opened() -> dict[str, Any] | None:
            answer = await asha.ask("GET", "/api/credits/balance")
            return answer.json() if answer.is_success else None

        account = await until(opened)
        assert (account["balance"], account["plan_type"], account["credits_per_minute"]) == (3, "Free", 3)

        # 3: two minutes are too long for Free; Standard allows ten.
        pictures = [await upload(asha, small(portrait), f"river-{number}.jpg") for number in (1, 2)]
        film = {"title": "The river", "script": SCRIPT, "images": pictures, "voice": "female", "duration": minutes}

        async def refused() -> httpx.Response | None:
            answer = await asha.ask("POST", "/api/projects/create", json=film | {"duration": 2})
            return answer if answer.status_code != 201 else None

        too_long = await until(refused)
        assert (too_long.status_code, too_long.json()["error"]["code"]) == (422, "too_long")
        assert (await top_up(asha, "Standard"))["balance"] == 33

        # 4: the project.
        async def created() -> dict[str, Any] | None:
            answer = await asha.ask("POST", "/api/projects/create", json=film | {"music": "calm piano"})
            return answer.json() if answer.status_code == 201 else None

        project = await until(created)
        project_id = project["id"]
        assert {"id", "user_id", "title", "status", "created_at"} <= project.keys()
        assert (project["status"], project["duration"], project["music"]) == ("pending", minutes, "calm piano")
        listed = await asha.get("/api/projects/", page=1, per_page=5, status="pending")
        assert ([one["id"] for one in listed["projects"]], listed["total"]) == ([project_id], 1)
        changed = await asha.ask("PUT", f"/api/projects/{project_id}", json={"title": "Down the river"})
        assert (changed.status_code, changed.json()["title"]) == (200, "Down the river")
        early = await asha.ask("POST", "/api/youtube/upload", json={"project_id": project_id})
        assert early.status_code in (404, 409), early.text

        # 5: the film.
        body = {"project_id": project_id, "definition": "draft"}
        started = await asha.ask("POST", "/api/ai/video-generate", json=body)
        assert started.status_code == 202, started.text
        assert {"job_id", "status", "estimated_time"} <= started.json().keys()
        assert started.json()["credits"] == price
        done = await project_is(asha, project_id, "complete", "failed")
        assert done["status"] == "complete", await asha.get(f"/api/v1/workflows/{started.json()['job_id']}")
        path = await fetched(asha, done["video_url"], tmp_path / "film.mp4")
        assert abs(seconds_of(path) - 60.0 * minutes) <= 0.1
        subtitles = (await asha.http.get(done["subtitles_url"])).text
        assert "WEBVTT" in subtitles and "thread of water" in subtitles.replace("\n", " ")
        left = 33 - price
        assert await balance(asha) == (left, "Standard")
        entries = (await asha.get("/api/credits/transactions"))["transactions"]
        told = [(one["transaction_type"], one["amount"], one["balance_after"]) for one in reversed(entries)]
        assert told == [("grant", 3, 3), ("purchase", 30, 33), ("deduction", -price, left)]

        # 10, for as long as there is something: nobody else sees it.
        for method, path_, content in (
            ("GET", f"/api/projects/{project_id}", None),
            ("PUT", f"/api/projects/{project_id}", {"title": "Mine"}),
            ("DELETE", f"/api/projects/{project_id}", None),
            ("POST", f"/api/projects/{project_id}/regenerate", {}),
            ("POST", "/api/ai/video-generate", {"project_id": project_id}),
            ("POST", "/api/ai/audio-generate", {"project_id": project_id, "text": "Hi.", "voice": "male"}),
            ("POST", "/api/ai/music-generate", {"project_id": project_id, "prompt": "calm", "duration": 2}),
            ("POST", "/api/youtube/upload", {"project_id": project_id}),
            ("GET", f"/api/v1/projects/{project_id}/plan", None),
            ("POST", f"/api/v1/projects/{project_id}/plan", {}),
            ("GET", f"/api/v1/projects/{project_id}/logs", None),
        ):
            answer = await other.ask(method, path_, **({} if content is None else {"json": content}))
            assert answer.status_code == 404, (path_, answer.text)

        # 6: single calls, each a credit.
        said = await made_by(
            asha, "/api/ai/audio-generate", project_id=project_id, text="The end.", voice="female", language="en"
        )
        # Of a face that is large enough: what comes out poor costs nothing.
        filmed = {"file": ("me.mp4", still(portrait), "video/mp4")}
        speaker = (await asha.ask("POST", "/api/v1/files", files=filmed)).json()
        calls = (
            ("/api/ai/lip-sync", {"video_url": speaker["url"], "audio_url": said["outputs"]["audio"]["url"]}),
            ("/api/ai/music-generate", {"prompt": "calm piano", "duration": 3, "style": "calm"}),
        )
        jobs = {said["job_id"]}
        for path_, wish in calls:
            jobs.add((await made_by(asha, path_, project_id=project_id, **wish))["job_id"])

        async def its_assets() -> bool | None:
            assets = await asha.get(f"/api/v1/projects/{project_id}/assets", per_page=100, asset_type="output")
            return True if jobs <= {one["metadata"].get("job_id") for one in assets["items"]} else None

        await until(its_assets)
        assert await balance(asha) == (left - 3, "Standard")

        # 7: a failing chain gives all credits back; once it works again a whole new film is made.
        await switch(platform, on=False)
        again = await asha.post(f"/api/projects/{project_id}/regenerate")
        assert {"id", "status"} <= again.keys()
        assert (await project_is(asha, project_id, "complete", "failed"))["status"] == "failed"
        account = await asha.get("/api/credits/balance")
        assert (account["balance"], account["reserved"]) == (left - 3, 0)
        await switch(platform, on=True)
        await asha.post(f"/api/projects/{project_id}/regenerate")
        assert (await project_is(asha, project_id, "complete", "failed"))["status"] == "complete"
        assert await balance(asha) == (left - 3 - price, "Standard")

        # 10: what the report says of the plans.
        async with administrator(platform) as root:
            costs = await root.get("/api/v1/admin/billing/reports/unit-costs")
            margins = {one["plan_type"]: one["margin"] for one in costs["items"]}
            assert [margins[plan] for plan in ("standard", "pro", "enterprise")] == ["86.4", "78.4", "78.6"]

        # 8: eleven minutes are too long for Standard.
        longer = await asha.ask("POST", "/api/projects/create", json=film | {"duration": 11})
        assert (longer.status_code, longer.json()["error"]["code"]) == (422, "too_long")

        # 9: to a channel.
        await connect(asha, channels)
        sent = await asha.ask("POST", "/api/youtube/upload", json={"project_id": project_id})
        assert sent.status_code == 201, sent.text
        assert {"id", "video_id", "playlist_id", "upload_status"} <= sent.json().keys()
        upload_id = sent.json()["id"]

        async def uploaded() -> dict[str, Any] | None:
            found = await asha.get(f"/api/youtube/videos/{upload_id}")
            return found if found["upload_status"] in ("complete", "failed") else None

        there = await until(uploaded, within_s=60)
        assert (there["upload_status"], bool(there["video_id"])) == ("complete", True)
        assert (await asha.get("/api/youtube/videos"))["total"] == 1
        unfinished = await asha.post("/api/projects/create", film | {"title": "Later"})

        async def not_yet() -> httpx.Response | None:
            answer = await asha.ask("POST", "/api/youtube/upload", json={"project_id": unfinished["id"]})
            return answer if answer.status_code != 404 else None

        assert (await until(not_yet)).status_code == 409
        assert (await other.ask("GET", f"/api/youtube/videos/{upload_id}")).status_code == 404

        # 10: gone with all that hangs on it.
        logs = await asha.get(f"/api/v1/projects/{project_id}/logs")
        assert {"created", "updated", "generation_started", "generation_completed", "generation_failed"} <= {
            line["action"] for line in logs["items"]
        }
        assert (await asha.ask("DELETE", f"/api/projects/{project_id}")).status_code == 204
        for path_ in (f"/api/projects/{project_id}", f"/api/v1/projects/{project_id}/logs"):
            assert (await asha.ask("GET", path_)).status_code == 404

        async def forgotten() -> bool | None:
            return True if (await asha.get("/api/youtube/videos"))["total"] == 0 else None

        await until(forgotten)


async def made_by(person: Person, path: str, **wish: Any) -> dict[str, Any]:
    """The result of a single job, once it is there."""
    answer = await person.ask("POST", path, json=wish)
    assert answer.status_code == 202, answer.text
    assert {"job_id", "status", "estimated_time"} <= answer.json().keys()
    job_id = answer.json()["job_id"]

    async def ended() -> dict[str, Any] | None:
        found = await person.get(f"/api/v1/ai/jobs/{job_id}/status")
        return found if found["status"] in ("completed", "failed", "cancelled") else None

    job = await until(ended, within_s=90)
    assert job["status"] == "completed", job
    found: dict[str, Any] = await person.get(f"/api/v1/ai/jobs/{job_id}/result")
    return found


@asynccontextmanager
async def administrator(platform: Any) -> AsyncIterator[Person]:
    async with Person(platform.url) as root:
        await root.register()
        connection = await asyncpg.connect(platform.database_urls["users"].replace("+asyncpg", ""))
        try:
            await connection.execute("UPDATE users SET role = 'admin' WHERE email = $1", root.email)
        finally:
            await connection.close()
        await root.log_in()
        yield root


async def switch(platform: Any, *, on: bool) -> None:
    """Have somebody who makes shots, or nobody. Catalogues in memory are read again with each choice here."""
    connection = await asyncpg.connect(platform.database_urls["ai_router"].replace("+asyncpg", ""))
    try:
        await connection.execute("UPDATE providers SET is_active = $1 WHERE key = 'local_film'", on)
    finally:
        await connection.close()


async def connect(person: Person, channels: Any) -> None:
    """Grant access to a channel, as a browser does."""
    begun = await person.get("/api/v1/youtube/connect")
    async with httpx.AsyncClient(trust_env=False) as google:
        page = await google.get(begun["authorization_url"])
    brought = dict(parse_qsl(urlsplit(page.headers["location"]).query))
    assert (await person.ask("GET", "/api/v1/youtube/callback", params=brought)).is_success


async def test_of_two_films_that_only_one_can_be_paid_for_one_is_accepted(platform: Any, portrait: Path) -> None:
    async with film_studio(platform) as asha:
        await asha.arrive()
        picture = await upload(asha, small(portrait), "one.jpg")

        async def opened() -> bool | None:
            return True if (await asha.ask("GET", "/api/credits/balance")).is_success else None

        await until(opened)
        film = {"script": "One line.", "images": [picture], "duration": 1}
        made = [(await asha.post("/api/projects/create", film | {"title": name}))["id"] for name in ("One", "Two")]
        answers = await asyncio.gather(
            *(asha.ask("POST", "/api/ai/video-generate", json={"project_id": id, "definition": "draft"}) for id in made)
        )
        assert sorted(answer.status_code for answer in answers) == [202, 402], [one.text for one in answers]
        accepted = next(answer.json()["job_id"] for answer in answers if answer.status_code == 202)
        assert (await asha.ask("POST", f"/api/v1/workflows/{accepted}/cancel")).is_success

        async def back() -> bool | None:
            account = await asha.get("/api/credits/balance")
            return True if (account["balance"], account["reserved"]) == (3, 0) else None

        await until(back)
