"""Edits by a recipe, looks at them, orders for projects, and variations."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ai_router.jobs.housekeeping import Housekeeping
from ai_router.orders import previews
from ai_router.providers.local.editing import is_light
from chassis import ids
from chassis.messaging.consumer import wait_until
from contracts.ai_router import JobCompleted, JobDelivered
from contracts.billing import EntitlementsChanged, ReserveCredits
from contracts.enums import Capability, Priority
from media.images.photos import decode

PORTRAIT = Path(__file__).parents[4] / "samples" / "portrait.jpg"
EDIT, PREVIEW, VARIATIONS = (f"/api/v1/ai/image/{name}" for name in ("edit", "edit/preview", "variations"))
RECIPE = [{"op": "crop", "aspect": "1:2"}, {"op": "text", "text": "سلام", "y": 0.9}]


@pytest.fixture
async def studio(start_router: Any, uploads: Any, billing: Any, at_once: Any) -> Any:
    """A router with its own providers alone, and a user with a photo."""

    class Studio:
        user, stranger = ids.uuid7(), ids.uuid7()

    made = Studio()
    made.router = await start_router(files=uploads, options=at_once)
    made.billing, made.uploads = billing(made.router), uploads
    made.file_id = str(await uploads.add(made.router.store, made.user, PORTRAIT.read_bytes()))
    return made


async def _ask(studio: Any, headers: Any, path: str, who: Any = None, **body: Any) -> Any:
    wanted = {"file_id": studio.file_id, **body}
    return await studio.router.http.post(path, json=wanted, headers=headers(who or studio.user))


async def _edited(studio: Any, headers: Any, **body: Any) -> UUID:
    answer = await _ask(studio, headers, EDIT, **body)
    assert answer.status_code == 202, answer.text
    job_id = UUID(answer.json()["job_id"])
    await studio.billing.holds(job_id)
    return job_id


async def test_a_recipe_is_done_here_for_nothing_and_once(studio: Any, headers: Any, tmp_path: Path) -> None:
    job_id = await _edited(studio, headers, recipe=RECIPE)
    assert (await studio.billing.asked(ReserveCredits, job_id)).credits == 0
    done = await studio.router.wait_for(JobCompleted, job_id)
    assert (done.provider, done.model, done.data["recipe"]) == ("local_editor", "photo-edit", RECIPE)
    assert done.warnings == ()
    await studio.billing.spends(job_id)
    stored = done.outputs["image"]
    picture = decode(await studio.router.store.fetch(stored, tmp_path / "look.jpg"))
    assert picture.shape == (512, 256, 3)
    again = await studio.router.wait_for(JobCompleted, await _edited(studio, headers, recipe=RECIPE))
    assert again.cache_hit and again.outputs == done.outputs
    usual = [{**RECIPE[0], "left": 0.0}, {**RECIPE[1], "colour": "#ffffff"}]
    same = await studio.router.wait_for(JobCompleted, await _edited(studio, headers, recipe=usual))
    assert same.cache_hit, "what is usual need not be said"


async def test_a_look_is_a_picture_at_once_and_no_job(studio: Any, headers: Any) -> None:
    seen = await _ask(studio, headers, PREVIEW, recipe=[*RECIPE, {"op": "upscale"}])
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg"), seen.text
    assert decode(seen.content).shape == (512, 256, 3)
    logo = str(await studio.uploads.add(studio.router.store, studio.user, PORTRAIT.read_bytes()))
    assert (await _ask(studio, headers, PREVIEW, recipe=[{"op": "logo"}], logo_file_id=logo)).status_code == 200
    jobs = await studio.router.http.get("/api/v1/ai/jobs", headers=headers(studio.user))
    assert jobs.json()["total"] == 0
    hidden = await _ask(studio, headers, PREVIEW, studio.stranger, recipe=RECIPE)
    assert (hidden.status_code, hidden.json()["error"]["code"]) == (404, "input_not_found")


def _until_interrupted(folder: str) -> None:
    Path(folder, "begun").touch()
    threading.Event().wait()


async def test_who_waits_for_a_look_holds_no_connection_and_is_told_to_come_again(
    studio: Any, headers: Any, processes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = asyncio.create_task(processes.run(_until_interrupted, str(tmp_path), deadline_s=60, quick=True))
    await wait_until((tmp_path / "begun").exists, timeout_s=20)
    monkeypatch.setattr(previews, "WITHIN_S", 5.0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    looks = [asyncio.create_task(_ask(studio, headers, PREVIEW, recipe=RECIPE)) for _ in range(previews.AT_ONCE + 1)]
    await wait_until(lambda: len(list(tmp_path.glob("preview-*"))) == previews.AT_ONCE, timeout_s=20)
    await wait_until(lambda: studio.router.database.connections()[0] == 0, timeout_s=20)
    assert not any(look.done() for look in looks)
    for busy in await asyncio.gather(*looks):
        assert (busy.status_code, busy.json()["error"]["code"]) == (503, "preview_busy"), busy.text
        assert int(busy.headers["Retry-After"]) >= 1
    held.cancel()
    await asyncio.gather(held, return_exceptions=True)
    monkeypatch.setattr(previews, "WITHIN_S", 60.0)
    assert (await _ask(studio, headers, PREVIEW, recipe=RECIPE)).status_code == 200


@pytest.mark.parametrize(
    ("recipe", "light"),
    [(RECIPE, True), ([{"op": "denoise"}], False), ([{"op": "upscale"}], False), ([{"op": "sharpen"}] * 9, False)],
)
def test_only_a_light_recipe_is_done_beside_long_work(recipe: list[dict[str, Any]], light: bool) -> None:
    assert is_light(recipe) is light


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "prompt"),
        ({"prompt": "Hats", "recipe": RECIPE}, "one of both"),
        ({"recipe": RECIPE, "negative_prompt": "x"}, "negative_prompt"),
        ({"recipe": []}, "recipe"),
        ({"recipe": [{"op": "blend"}]}, "recipe"),
        ({"recipe": [{"op": "crop", "left": 0.5, "width": 0.8}]}, "recipe"),
        ({"recipe": [{"op": "adjust", "exposure": 9}]}, "exposure"),
        ({"recipe": [{"op": "logo"}]}, "logo_file_id"),
        ({"recipe": RECIPE, "background_file_id": str(ids.uuid7())}, "background_file_id"),
    ],
)
async def test_a_wrong_recipe_names_its_field(studio: Any, headers: Any, body: dict[str, Any], field: str) -> None:
    answer = await _ask(studio, headers, EDIT, **body)
    assert answer.status_code == 422 and field in answer.text, answer.text


async def test_what_the_picture_does_not_allow_is_said(studio: Any, headers: Any) -> None:
    tiny = [{"op": "crop", "width": 0.01}]
    look = await _ask(studio, headers, PREVIEW, recipe=tiny)
    assert (look.status_code, look.json()["error"]["code"]) == (422, "recipe_refused")
    assert "at least 16 pixels" in look.text


async def test_words_are_for_those_who_understand_them(studio: Any, headers: Any) -> None:
    """Nobody here does: the local editor is not asked, and nothing is held."""
    refused = await _ask(studio, headers, EDIT, prompt="A red hat")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "not_offered"), refused.text
    assert studio.router.commands(ReserveCredits) == []


async def test_only_its_owner_orders_for_a_project_and_its_files_stay(studio: Any, headers: Any) -> None:
    mine, shared = ids.uuid7(), ids.uuid7()
    studio.uploads.rights |= {(mine, str(studio.user)): "own", (shared, str(studio.user)): "edit"}
    for project, status, code in ((ids.uuid7(), 404, "project_not_found"), (shared, 403, "only_for_owner")):
        refused = await _ask(studio, headers, EDIT, recipe=RECIPE, project_id=str(project))
        assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    first = await _edited(studio, headers, recipe=RECIPE)
    await studio.router.wait_for(JobCompleted, first)
    await studio.billing.spends(first)
    job_id = await _edited(studio, headers, recipe=RECIPE, project_id=str(mine))
    told: JobDelivered = await studio.router.wait_for(JobDelivered, job_id)
    assert (told.project_id, told.user_id, told.provider) == (mine, studio.user, "local_editor")
    assert told.parameters == {"recipe": RECIPE} and set(told.inputs) == {"image"}
    assert told.outputs == (await studio.router.wait_for(JobDelivered, first)).outputs, "from the cache"
    for job in (job_id, first):
        path = f"/api/v1/ai/jobs/{job}"
        assert (await studio.router.http.delete(path, headers=headers(studio.user))).status_code == 204
    await studio.router.execute("UPDATE ai_jobs SET completed_at = now() - interval '2 hours'")
    housekeeping = next(p for p in studio.router.service.background if isinstance(p, Housekeeping))
    assert (await housekeeping.sweep())["objects"] == 0
    assert await studio.router.store.stat(told.outputs["image"].key) is not None


async def test_who_is_known_to_have_too_little_is_told_at_once(studio: Any, headers: Any) -> None:
    """Unless what is known is old, or the plan counts other things than credits. An older message changes nothing."""

    def knows(version: int, credits: int, **more: Any) -> EntitlementsChanged:
        return EntitlementsChanged(
            user_id=studio.user,
            product_line="talkingphoto",
            plan="free",
            limits=more.pop("limits", {}),
            features={},
            priority=Priority.LOW,
            run_budget=Decimal(10),
            credits_available=credits,
            version=version,
            **more,
        )

    async def enlarged() -> Any:
        return await _ask(studio, headers, "/api/v1/ai/image/upscale")

    await studio.router.tell(knows(2, 0), knows(1, 5), knows(2, 0))
    refused = await enlarged()
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "insufficient_credits"), refused.text
    assert refused.json()["error"]["details"] == {"needed": 1, "available": 0}
    assert (await _ask(studio, headers, EDIT, recipe=RECIPE)).status_code == 202, "which takes none"
    for known in (
        knows(3, 1),
        knows(4, 0, period_ends_at=datetime.now(UTC) - timedelta(days=1), credits_anew=25),
        knows(5, 0, limits={"workflows": 3}),
    ):
        await studio.router.tell(known)
        assert (await enlarged()).status_code == 202, known


async def test_variations_go_to_whoever_takes_a_picture(
    start_router: Any, uploads: Any, billing: Any, at_once: Any, maker: Any, judge: Any, headers: Any
) -> None:
    """Each is a job of its own; who draws from words alone is passed over."""
    words = maker("words", Capability.IMAGE_GENERATION, honours=frozenset({"prompt", "strength"}))
    pictures = maker("pictures", Capability.IMAGE_GENERATION, honours=frozenset({"prompt", "strength", "image"}))
    user = ids.uuid7()
    router = await start_router(
        {"words": words, "pictures": pictures}, validator=judge(), files=uploads, options=at_once
    )
    file_id = str(await uploads.add(router.store, user))
    answer = await router.http.post(VARIATIONS, json={"file_id": file_id, "count": 3}, headers=headers(user))
    assert answer.status_code == 202, answer.text
    jobs = [UUID(job) for job in answer.json()["jobs"]]
    assert len(set(jobs)) == 3
    for job_id in jobs:
        await billing(router).holds(job_id)
        assert (await router.wait_for(JobCompleted, job_id)).provider == "pictures"
    assert words.requests == [] and all("image" in request.inputs for request in pictures.requests)
