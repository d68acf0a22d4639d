"""The whole way of somebody who makes films, by the film studio's own paths and words (its scenario, 1 to 10)."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from tests.e2e.people import PASSWORD, Person, until

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


def seconds_of(film: Path) -> float:
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert stream.duration is not None and stream.time_base is not None
        return float(stream.duration * stream.time_base)


async def test_somebody_makes_films(platform: Any, portrait: Path, tmp_path: Path) -> None:
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
        pictures = [await upload(asha, portrait.read_bytes(), f"river-{number}.jpg") for number in (1, 2)]
        film = {"title": "The river", "script": SCRIPT, "images": pictures, "voice": "female", "duration": 2}

        async def refused() -> httpx.Response | None:
            answer = await asha.ask("POST", "/api/projects/create", json=film | {"music": "calm piano"})
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
        assert (project["status"], project["duration"], project["music"]) == ("pending", 2, "calm piano")
        listed = await asha.get("/api/projects/", page=1, per_page=5, status="pending")
        assert ([one["id"] for one in listed["projects"]], listed["total"]) == ([project_id], 1)
        changed = await asha.ask("PUT", f"/api/projects/{project_id}", json={"title": "Down the river"})
        assert (changed.status_code, changed.json()["title"]) == (200, "Down the river")
        early = await asha.ask("POST", "/api/youtube/upload", json={"project_id": project_id})
        assert early.status_code in (409, 503), early.text

        # 5: the film.
        body = {"project_id": project_id, "definition": "draft"}
        started = await asha.ask("POST", "/api/ai/video-generate", json=body)
        assert started.status_code == 202, started.text
        assert {"job_id", "status", "estimated_time"} <= started.json().keys()
        assert started.json()["credits"] == 6
        done = await project_is(asha, project_id, "complete", "failed")
        assert done["status"] == "complete", await asha.get(f"/api/v1/workflows/{started.json()['job_id']}")
        path = await fetched(asha, done["video_url"], tmp_path / "film.mp4")
        assert abs(seconds_of(path) - 120.0) <= 0.1
        subtitles = (await asha.http.get(done["subtitles_url"])).text
        assert "WEBVTT" in subtitles and "thread of water" in subtitles.replace("\n", " ")
        assert await balance(asha) == (27, "Standard")
        entries = (await asha.get("/api/credits/transactions"))["transactions"]
        told = [(one["transaction_type"], one["amount"], one["balance_after"]) for one in reversed(entries)]
        assert told == [("grant", 3, 3), ("purchase", 30, 33), ("deduction", -6, 27)]

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
            assert answer.status_code in (404, 503) if "youtube" in path_ else answer.status_code == 404, (path_, answer.text)

        # 6: single calls.
        audio = await asha.ask(
            "POST",
            "/api/ai/audio-generate",
            json={"project_id": project_id, "text": "The end.", "voice": "female", "language": "en"},
        )
        music = await asha.ask(
            "POST",
            "/api/ai/music-generate",
            json={"project_id": project_id, "prompt": "calm piano", "duration": 3, "style": "calm"},
        )
        assert (audio.status_code, music.status_code) == (202, 202), (audio.text, music.text)
        for job in (audio.json(), music.json()):
            assert {"job_id", "status", "estimated_time"} <= job.keys()

        async def spoken() -> str | None:
            assets = await asha.get(f"/api/v1/projects/{project_id}/assets", per_page=100)
            return next((one["url"] for one in assets["items"] if one["metadata"].get("job_id") == audio.json()["job_id"] and one["kind"] == "audio"), None)

        said = await until(spoken, within_s=60)
        assert said


async def test_of_two_films_that_only_one_can_be_paid_for_one_is_accepted(platform: Any, portrait: Path) -> None:
    async with film_studio(platform) as asha:
        await asha.arrive()
        picture = await upload(asha, portrait.read_bytes(), "one.jpg")

        async def opened() -> bool | None:
            return True if (await asha.ask("GET", "/api/credits/balance")).is_success else None

        await until(opened)
        made = [
            (await asha.post("/api/projects/create", {"title": name, "script": "One line.", "images": [picture], "duration": 1}))["id"]
            for name in ("One", "Two")
        ]
        answers = await asyncio.gather(
            *(asha.ask("POST", "/api/ai/video-generate", json={"project_id": id, "definition": "draft"}) for id in made)
        )
        assert sorted(answer.status_code for answer in answers) == [202, 402], [one.text for one in answers]
        accepted = made[[answer.status_code for answer in answers].index(202)]
        assert (await project_is(asha, accepted, "complete", "failed"))["status"] == "complete"
        assert await balance(asha) == (0, "Free")
