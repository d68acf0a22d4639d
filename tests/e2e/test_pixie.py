"""Pixie's scenario in its own paths, by nothing but HTTP, in both topologies, with simulators in the vendors' place.

What is about accounts is in ``test_accounts``; the load of a thousand users in ``benchmarks/pixie_load.py``.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from httpx_sse import aconnect_sse
from PIL import Image
from tests.e2e.conftest import QUICK_RETRIES, Platform
from tests.e2e.people import Person, until
from tests.e2e.test_accounts import ahead

from chassis.run.private_rabbitmq import Broker
from chassis.testing.folders import quick_folder
from media.images.photos import decode
from media.video.probe import probe
from simulators.core.faults import Fault
from simulators.matrix.scenarios import settings_for
from simulators.serve import Served, serving
from simulators.vendors.catalogue import AI
from talkingphoto_runner.distributed import DistributedPlatform
from talkingphoto_runner.embedded import EmbeddedPlatform
from talkingphoto_runner.layout import Home

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

PROMPT = "یک بندر آرام در سپیده‌دم، آبرنگ"
VENDORS = ("fal", "openai", "stability", "veo")


@pytest.fixture(scope="module")
def vendors() -> Any:
    """Those whom Pixie asks, on real sockets."""
    with serving([AI[name]() for name in VENDORS]) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def embedded_studio(vendors: dict[str, Served]) -> AsyncIterator[Platform]:
    folder = quick_folder("pixie-")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings_for({name: one.url for name, one in vendors.items()}).items():
            patch.setenv(name, value)
        platform = EmbeddedPlatform(Home(folder), overrides={"gateway": {"rate_limit_factor": 100.0}})
        # Settings of vendors are read when the platform is put together, which its start does.
        await platform.start()
    urls = {name: database.url for name, database in platform.databases.items()}
    yield Platform("embedded", platform.url, urls, platform.home.objects, folder)
    await platform.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def distributed_studio(vendors: dict[str, Served], rabbitmq: Broker) -> AsyncIterator[Platform]:
    folder = quick_folder("pixie-")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings_for({name: one.url for name, one in vendors.items()}).items():
            patch.setenv(name, value)
        environment = {"*": {"retry_delays_s": QUICK_RETRIES}, "gateway": {"rate_limit_factor": 100.0}}
        platform = DistributedPlatform(Home(folder), broker=rabbitmq, environment=environment)
        try:
            await platform.start()
            urls = {name: platform.database_url(name) for name in platform.urls if name != "gateway"}
            yield Platform("distributed", platform.url, urls, platform.home.objects, folder)
        finally:
            await platform.stop()
            shutil.rmtree(folder, ignore_errors=True)


TOPOLOGIES = [f"{name}_studio" for name in os.environ.get("PIXIE_TOPOLOGIES", "embedded").split(",")]
"""Distributed it needs a broker that no other platform uses: ``make chaos`` asks for it in a run of its own."""


@pytest.fixture(params=TOPOLOGIES)
def studio(request: pytest.FixtureRequest) -> Platform:
    found: Platform = request.getfixturevalue(request.param)
    return found


def somebody(studio: Platform) -> Person:
    return Person(studio.url, **{"X-Product-Line": "pixie"})


async def arrived(person: Person) -> Person:
    await person.register("/api/auth/register", name="آشا راد")
    await person.log_in("/api/auth/login")
    await person.account()
    return person


def picture(kind: str, portrait: Path, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.open(portrait).save(out, kind, **options)
    return out.getvalue()


async def uploaded(person: Person, content: bytes, name: str, mime_type: str, **data: str) -> httpx.Response:
    return await person.ask("POST", "/api/files/upload", files={"file": (name, content, mime_type)}, data=data)


async def a_file(person: Person, portrait: Path) -> str:
    answer = await uploaded(person, portrait.read_bytes(), "me.jpg", "image/jpeg")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def followed(person: Person, job_id: str) -> list[dict[str, Any]]:
    """Every event of a job until it has ended."""
    headers = {"Authorization": f"Bearer {person.tokens['access_token']}"}
    timeout = httpx.Timeout(30, read=90)
    path = f"/api/v1/ai/jobs/{job_id}/events"
    async with aconnect_sse(person.http, "GET", path, headers=headers, timeout=timeout) as source:
        return [json.loads(event.data) async for event in source.aiter_sse() if event.data]


async def made(person: Person, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The result of a job that ended well."""
    accepted = await person.post(path, body)
    events = await followed(person, accepted["job_id"])
    assert events[-1]["state"] == "completed", events
    found: dict[str, Any] = await person.get(f"/api/ai/jobs/{accepted['job_id']}/result")
    return found


async def fetched(person: Person, url: str) -> bytes:
    answer = await person.http.get(url)
    assert answer.status_code == 200, answer.text
    return answer.content


async def balance(person: Person) -> tuple[int, int]:
    found = await person.get("/api/v1/billing/credits/balance")
    return found["balance"], found["reserved"]


async def test_pictures_are_made_from_words_once(studio: Platform, vendors: dict[str, Served]) -> None:
    """PX 4."""
    async with somebody(studio) as asha:
        await arrived(asha)
        models = await asha.get("/api/ai/models", per_page=100)
        listed = {(one["provider"], one["model_type"]) for one in models["items"]}
        assert {("fal_ai", "image_generation"), ("local_editor", "image_edit")} <= listed
        before, _ = await balance(asha)
        order = {"prompt": PROMPT, "seed": 7, "size": "512x512"}
        accepted = await asha.ask("POST", "/api/ai/image/generate", json=order)
        assert accepted.status_code == 202, accepted.text
        events = await followed(asha, accepted.json()["job_id"])
        states = list(dict.fromkeys(event["state"] for event in events))
        assert states[-1] == "completed" and set(states) <= {"pending", "processing", "completed"}
        told = [event["status"]["progress"] for event in events]
        progress = [one for one in told if one is not None]
        assert progress == sorted(progress) and progress[-1] == 100
        result = await asha.get(f"/api/ai/jobs/{accepted.json()['job_id']}/result")
        assert (result["provider"], result["credits"], result["cache_hit"]) == ("fal_ai", 1, False)
        drawn = decode(await fetched(asha, result["outputs"]["image"]["url"]))
        assert drawn.shape == (512, 512, 3)
        asked = len(vendors["fal"].simulator.jobs)
        again = await made(asha, "/api/ai/image/generate", order)
        assert (again["cache_hit"], again["credits"]) == (True, 0)
        assert again["outputs"]["image"]["sha256"] == result["outputs"]["image"]["sha256"]
        assert len(vendors["fal"].simulator.jobs) == asked, "nobody was asked"
        assert (await balance(asha))[0] == before - 1
        usage = await asha.get(f"/api/ai/usage/{(await asha.get('/api/auth/me'))['id']}")
        assert usage, usage
        # What is left goes at once, and nothing is held for what it does not pay.
        await asha.post("/api/ai/image/generate", {"prompt": "four", "count": 4})

        async def refused() -> httpx.Response | None:
            answer = await asha.ask("POST", "/api/ai/image/generate", json={"prompt": "more", "count": 4})
            return answer if answer.status_code == 402 else None

        answer = await until(refused, within_s=60)
        assert answer.json()["error"]["details"]["needed"] == 4


async def test_pictures_are_changed_enlarged_and_move(
    studio: Platform, vendors: dict[str, Served], portrait: Path, tmp_path: Path
) -> None:
    """PX 5, with another vendor where one fails, and a job that is stopped."""
    async with somebody(studio) as asha:
        await arrived(asha)
        file_id = await a_file(asha, portrait)
        edited = await made(asha, "/api/ai/image/edit", {"file_id": file_id, "prompt": "warmer light"})
        assert edited["provider"] == "fal_ai"
        larger = await made(asha, "/api/ai/image/upscale", {"job_id": edited["job_id"], "factor": 2})
        assert larger["provider"] == "local_upscaler"
        film = await made(
            asha, "/api/ai/video/generate", {"job_id": edited["job_id"], "prompt": "she smiles", "duration": 4}
        )
        clip = tmp_path / "clip.mp4"
        clip.write_bytes(await fetched(asha, film["outputs"]["video"]["url"]))
        assert probe(clip).duration > 1

        fal = vendors["fal"].simulator.plan
        fal.script("submit", [Fault.JOB_FAILED])
        other = await made(asha, "/api/ai/image/generate", {"prompt": "a lighthouse", "size": "1024x1024"})
        assert other["provider"] in ("openai", "stability_ai")
        route = await asha.get(f"/api/v1/ai/jobs/{other['job_id']}/route")
        assert "fal_ai" in json.dumps(route), "the explanation names who failed"

        before = await balance(asha)
        fal.script("submit", [Fault.FROZEN])
        stuck = await asha.post("/api/ai/image/generate", {"prompt": "for ever"})

        async def under_way() -> bool | None:
            status = await asha.get(f"/api/ai/jobs/{stuck['job_id']}/status")
            return True if status["status"] == "processing" else None

        await until(under_way)
        assert (await asha.ask("DELETE", f"/api/ai/jobs/{stuck['job_id']}")).status_code == 204

        async def given_back() -> bool | None:
            return True if await balance(asha) == before else None

        await until(given_back)
        fal.clear()
        hidden = somebody(studio)
        async with hidden:
            await arrived(hidden)
            for name in ("status", "result"):
                assert (await hidden.ask("GET", f"/api/ai/jobs/{edited['job_id']}/{name}")).status_code == 404
            stolen = await hidden.ask("POST", "/api/ai/image/upscale", json={"job_id": edited["job_id"]})
            assert stolen.status_code == 404


async def test_a_recipe_needs_no_vendor_and_a_leaf_knows_its_ancestors(studio: Platform, portrait: Path) -> None:
    """Previewed, done, drafted anew, compared; generated, edited, enlarged and cropped, with a first picture that is
    gone."""
    async with somebody(studio) as asha:
        await arrived(asha)
        file_id = await a_file(asha, portrait)
        recipe = [{"op": "straighten", "degrees": 2}, {"op": "text", "text": "سلام"}]
        seen = await asha.ask("POST", "/api/v1/ai/image/edit/preview", json={"file_id": file_id, "recipe": recipe})
        assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg"), seen.text[:300]
        assert decode(seen.content).shape[0] < 512

        first = await made(asha, "/api/ai/image/generate", {"prompt": PROMPT, "seed": 3, "size": "512x512"})
        mask = io.BytesIO()
        white = Image.new("L", (512, 512), 0)
        white.paste(255, (150, 150, 350, 350))
        white.save(mask, "PNG")
        mask_id = (await uploaded(asha, mask.getvalue(), "mask.png", "image/png")).json()["id"]
        change = {"job_id": first["job_id"], "prompt": "a boat", "mask_file_id": mask_id}
        edited = await made(asha, "/api/ai/image/edit", change)
        assert (edited["model"], edited["warnings"]) == ("fal-ai/flux-pro/v1/fill", [])
        larger = await made(asha, "/api/ai/image/upscale", {"job_id": edited["job_id"]})
        crop = {"job_id": larger["job_id"], "recipe": [{"op": "crop", "aspect": "4:5"}]}
        leaf = await made(asha, "/api/ai/image/edit", crop)
        assert (leaf["provider"], leaf["credits"]) == ("local_editor", 0)
        assert (await asha.ask("DELETE", f"/api/ai/jobs/{first['job_id']}")).status_code == 204

        async def known() -> list[dict[str, Any]] | None:
            answer = await asha.ask("GET", f"/api/v1/assets/{leaf['job_id']}/lineage")
            return answer.json()["nodes"] if answer.is_success and len(answer.json()["nodes"]) == 5 else None

        nodes = await until(known)
        operations = [node["operation"] for node in nodes]
        assert sorted(operations[1:]) == ["image_edit", "image_generation", "image_upscale", "upload"]
        [beginning] = [node for node in nodes if node["operation"] == "image_generation"]
        assert (beginning["parameters"]["prompt"], beginning["seed"]) == (PROMPT, "3")
        draft = await asha.post(f"/api/v1/assets/{leaf['job_id']}/recall")
        assert (draft["path"], draft["missing"]) == ("/api/v1/ai/image/edit", [])
        repeated = await made(asha, draft["path"], draft["body"])
        assert repeated["cache_hit"]
        pair = {"left": edited["job_id"], "right": leaf["job_id"]}
        compared = await asha.get("/api/v1/assets/compare", **pair)
        assert "parameters.prompt" in {one["field"] for one in compared["differences"]}


async def test_a_plan_is_bought_by_the_month_changed_to_the_year_and_given_up(studio: Platform) -> None:
    """PX 8."""
    async with somebody(studio) as asha:
        await arrived(asha)
        plans = {plan["plan_type"]: plan for plan in (await asha.get("/api/subscriptions/plans"))["items"]}
        assert set(plans) == {"free", "premium"}
        home = f"{studio.url}/"
        pages = {"success_url": home, "cancel_url": home}
        page = await asha.post("/api/subscriptions/subscribe", {"plan": "premium", "interval": "month", **pages})
        paid = await asha.http.post(f"{page['checkout_url']}/pay", follow_redirects=False)
        assert paid.status_code == 303, paid.text
        await asha.account("premium")
        answer = await asha.ask("PUT", "/api/subscriptions/upgrade", json={"plan": "premium", "interval": "year"})
        assert answer.is_success, answer.text

        async def yearly() -> dict[str, Any] | None:
            found: dict[str, Any] = await asha.get("/api/subscriptions/current")
            return found if "year" in json.dumps(found) else None

        await until(yearly)
        ended = await asha.post("/api/subscriptions/cancel")
        assert ended["cancel_at_period_end"] is True
        assert (await asha.get("/api/billing/history"))["total"] >= 1
        await asha.log_in("/api/auth/login")
        await made(asha, "/api/ai/image/generate", {"prompt": "paid for", "seed": 9})
        now = await asha.get("/api/usage/current")
        assert now["period_start"] < now["period_end"]
        history = await asha.get("/api/usage/history")
        assert history["months"] and history["log"]


async def test_projects_keep_what_is_made_and_are_shared_as_their_owner_says(studio: Platform, portrait: Path) -> None:
    """PX 6 and 7, and what is whose: nobody else finds any of it, a viewer writes nothing, a link that has ended is
    over at once."""
    async with (
        somebody(studio) as asha,
        somebody(studio) as viewer,
        somebody(studio) as stranger,
        httpx.AsyncClient(base_url=studio.url, trust_env=False) as nobody,
    ):
        for person in (asha, viewer, stranger):
            await arrived(person)
        project = await asha.post("/api/projects", {"name": "بندر", "description": "first"})
        here = f"/api/projects/{project['id']}"
        file_id = await a_file(asha, portrait)
        added = await asha.post(f"{here}/assets", {"file_id": file_id, "asset_type": "input"})
        result = await made(
            asha,
            "/api/ai/image/edit",
            {"file_id": file_id, "recipe": [{"op": "crop", "aspect": "1:1"}], "project_id": project["id"]},
        )

        async def output() -> dict[str, Any] | None:
            found = (await asha.get(f"{here}/assets", asset_type="output"))["items"]
            return found[0] if found else None

        asset = await until(output)
        assert asset["metadata"]["job_id"] == result["job_id"]
        assert decode(await fetched(asha, asset["url"])).shape == (512, 512, 3)
        assert (await asha.get("/api/assets/library", type="image", q="بندر"))["total"] == 2
        await asha.ask("PUT", here, json={"name": "بندر", "description": "second"})
        restored = await asha.post(f"/api/v1/projects/{project['id']}/versions/1/restore")
        assert restored["description"] == "first"

        shared = await asha.post(f"{here}/share", {"email": viewer.email, "permission": "viewer"})
        link = await asha.post(f"{here}/share", {"expires_in_hours": 1})
        other = await asha.post(f"{here}/share", {})
        assert (await viewer.ask("GET", here)).status_code == 404, "the address is not proved yet"
        token = await viewer.token_in_a_letter("verify")
        await viewer.post("/api/auth/verify-email", {"token": token})

        async def let_in() -> dict[str, Any] | None:
            answer = await viewer.ask("GET", here)
            return answer.json() if answer.status_code == 200 else None

        assert (await until(let_in))["name"] == "بندر"
        writes: list[tuple[str, str, dict[str, Any] | None]] = [
            ("PUT", here, {"description": "mine now"}),
            ("POST", f"{here}/assets", {"file_id": await a_file(viewer, portrait)}),
            ("DELETE", f"{here}/assets/{added['id']}", None),
            ("POST", f"{here}/share", {}),
            ("DELETE", f"/api/v1/projects/{project['id']}/shares/{shared['id']}", None),
            ("POST", f"/api/v1/projects/{project['id']}/versions/1/restore", None),
            ("GET", f"/api/v1/projects/{project['id']}/shares", None),
            ("DELETE", here, None),
        ]
        for method, path, body in writes:
            kind = {"json": body} if body is not None else {}
            refused = await viewer.ask(method, path, **kind)
            assert refused.status_code == 403, (method, path, refused.status_code, refused.text)
            hidden = await stranger.ask(method, path, **kind)
            assert hidden.status_code == 404, (method, path, hidden.status_code, hidden.text)
        for order in ({"file_id": await a_file(viewer, portrait), "recipe": [{"op": "flip"}]},):
            order["project_id"] = project["id"]
            assert (await viewer.ask("POST", "/api/ai/image/edit", json=order)).status_code == 403
        for path in (here, f"{here}/assets", f"/api/v1/assets/{asset['id']}", f"/api/files/{file_id}"):
            assert (await stranger.ask("GET", path)).status_code == 404, path
        for path in (f"/api/v1/assets/{asset['id']}/lineage", f"/api/v1/assets/{result['job_id']}/lineage"):
            assert (await stranger.ask("GET", path)).status_code == 404, path
            assert (await viewer.ask("GET", path)).status_code == 404, path
        bulk = {"action": "delete", "ids": [added["id"], asset["id"]]}
        for person in (stranger, viewer):
            done = await person.post("/api/v1/assets/bulk", bulk)
            assert [one["done"] for one in done["results"]] == [False, False]

        assert (await nobody.get(other["url"])).json()["right"] == "view"
        path = f"/api/v1/projects/{project['id']}/shares"
        assert (await asha.ask("DELETE", f"{path}/{other['id']}")).status_code == 204
        assert (await nobody.get(other["url"])).status_code == 404, "at once"
        assert (await asha.ask("DELETE", f"{path}/{shared['id']}")).status_code == 204
        assert (await viewer.ask("GET", here)).status_code == 404, "at once"

        public = f"/api/v1/projects/public/{project['id']}"
        assert (await nobody.get(public)).status_code == 404
        await asha.ask("PUT", here, json={"is_public": True})
        assert (await nobody.get(public)).json()["title"] == "بندر"

        assert (await asha.ask("DELETE", f"{here}/assets/{added['id']}")).status_code == 204
        done = await asha.post("/api/v1/assets/bulk", {"action": "delete", "ids": [asset["id"]]})
        assert [one["done"] for one in done["results"]] == [True]
        assert (await asha.get(f"/api/files/{file_id}"))["id"] == file_id, "the file stays"

        assert (await nobody.get(link["url"])).status_code == 200
        await ahead(studio, 3_700)
        assert (await nobody.get(link["url"])).status_code == 410, "it is over"


async def test_files_are_looked_at_told_of_and_go(studio: Platform, portrait: Path) -> None:
    """PX 3. Last, because the clock goes a month ahead."""
    async with somebody(studio) as asha, somebody(studio) as stranger:
        await arrived(asha)
        await arrived(stranger)
        answer = await uploaded(asha, picture("WEBP", portrait, quality=95), "me.webp", "image/webp")
        assert answer.status_code == 201, answer.text
        file_id = answer.json()["id"]
        about = await asha.get(f"/api/files/{file_id}/metadata")
        assert (about["mime_type"], about["width"], about["height"]) == ("image/webp", 512, 512)
        smaller = await asha.post("/api/files/compress", {"file_id": file_id, "quality": 40})
        assert json.dumps(smaller).count("sav") >= 1, smaller
        link = (await asha.get(f"/api/files/{file_id}"))["url"]
        assert decode(await fetched(asha, link)).shape == (512, 512, 3)
        disguised = await uploaded(asha, b"MZ" + b"\0" * 4000, "cat.jpg", "image/jpeg")
        assert disguised.status_code in (400, 415, 422), disguised.text
        mine = (await asha.get("/api/auth/me"))["id"]
        listed = await stranger.ask("GET", f"/api/files/user/{mine}")
        assert listed.status_code in (403, 404), listed.text
        brief = await uploaded(asha, portrait.read_bytes(), "now.jpg", "image/jpeg", is_temporary="true")
        assert brief.status_code == 201, brief.text
        # Links hold by the machine's clock: one that says it is over is, and nobody but the store writes another time.
        there = httpx.URL(link)
        [name] = [name for name in there.params if "expires" in name.lower()]
        assert 0 < int(there.params[name]) - time.time() <= 7 * 86_400
        for moment in (int(time.time()) - 10, int(time.time()) + 10**6):
            forged = there.copy_set_param(name, str(moment))
            assert (await asha.http.get(forged)).status_code in (403, 410), moment
        await ahead(studio, 31 * 86_400)
        await asha.log_in("/api/auth/login")

        async def gone() -> bool | None:
            answer = await asha.ask("GET", f"/api/files/{brief.json()['id']}")
            return True if answer.status_code in (404, 410) else None

        await until(gone)
        assert (await asha.get(f"/api/files/{file_id}/metadata"))["id"] == file_id
