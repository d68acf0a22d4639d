"""A finished film in the shape of any row of the catalogue, also one that was added a moment ago."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chassis import ids
from contracts.enums import Platform
from contracts.export import KitCompleted, RenditionCompleted
from export.renditions.models import RenditionMade
from export.youtube import repository as youtube
from export.youtube.projects import finished
from media.video.thumbnails import picture_at


def _as(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {user}"}


async def test_a_finished_film_is_made_for_a_row_that_was_just_added(start_export: Any, a_source: Any) -> None:
    """No enumeration stands in its way; workflow, which did not order it, is told nothing."""
    export = await start_export()
    source = await a_source(export)
    await export.tell(source.kit({"tiktok": source.video}))
    await export.wait_for(KitCompleted)
    url, me = f"/api/v1/export/kits/{source.run_id}/renditions", _as(source.user_id)
    body = {"platforms": ["linkedin", "instagram:story", "threads"]}
    early = await export.http.post(url, json=body, headers=me)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "kit_not_ready")
    await export.tell(source.paid())
    unknown = await export.http.post(url, json=body, headers=me)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (422, "unknown_platform")
    await export.execute(
        "INSERT INTO platform_requirements (platform, key_values) SELECT 'threads', key_values || "
        '\'{"name": "Threads", "max_duration_s": 1.5}\' FROM platform_requirements WHERE platform = \'x\''
    )
    stranger = await export.http.post(url, json=body, headers=_as(ids.uuid7()))
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (404, "kit_not_found")
    ordered = await export.http.post(url, json=body, headers=me)
    assert (ordered.status_code, ordered.headers["location"]) == (202, url)
    again = await export.http.post(url, json=body | {"platforms": ["linkedin", "pinterest"]}, headers=me)
    by_platform = {one["platform"]: one["id"] for one in ordered.json()["items"]}
    assert {one["platform"]: one["id"] for one in again.json()["items"]}["linkedin"] == by_platform["linkedin"]
    await export.eventually(
        "SELECT platform FROM renditions WHERE status = 'completed' ORDER BY platform",
        ["instagram:story", "linkedin", "pinterest", "threads"],
        timeout_s=60.0,
    )
    made = {one["platform"]: one for one in (await export.http.get(url, headers=me)).json()["items"]}
    assert made["linkedin"]["width"] / made["linkedin"]["height"] == 180 / 224
    assert set(made["threads"]["files"]) == {"video-1", "poster-1", "video-2", "poster-2"}
    (short,) = made["instagram:story"]["warnings"]
    assert short.startswith(
        "Instagram story wants a length in seconds of at least 3 and at most 60, and the video has 2"
    )
    assert export.events(RenditionCompleted) == []
    rules = {rule["rule"]: rule for rule in made["linkedin"]["conformance"]["video"]}
    assert rules["loudness_lufs"]["holds"], rules
    assert (await export.http.get(url, headers=_as(ids.uuid7()))).status_code == 404
    kit = (await export.http.get(f"/api/v1/export/kits/{source.run_id}", headers=me)).json()
    assert kit["platforms"] == ["tiktok"]


async def test_what_has_failed_is_made_when_it_is_ordered_again(
    start_export: Any, a_source: Any, tmp_path: Path
) -> None:
    export = await start_export()
    source = await a_source(export)
    await export.tell(source.kit({"tiktok": source.video}))
    await export.wait_for(KitCompleted)
    await export.tell(source.paid())
    url, me = f"/api/v1/export/kits/{source.run_id}/renditions", _as(source.user_id)
    await export.store.delete(source.video.key)
    ordered = await export.http.post(url, json={"platforms": ["linkedin"]}, headers=me)
    await export.eventually("SELECT status FROM renditions", ["failed"])
    [failed] = (await export.http.get(url, headers=me)).json()["items"]
    assert failed["message"]
    await export.store.put_file(tmp_path / "source.mp4", source.video.key, "video/mp4")
    # Beside one that is new: both are made, in one piece of work.
    body = {"platforms": ["linkedin", "pinterest"]}
    again = (await export.http.post(url, json=body, headers=me)).json()["items"]
    assert {one["platform"]: one["status"] for one in again} == {"linkedin": "pending", "pinterest": "pending"}
    assert ordered.json()["items"][0]["id"] in {one["id"] for one in again}
    await export.eventually("SELECT status FROM renditions", ["completed", "completed"], timeout_s=60.0)
    made = (await export.http.post(url, json=body, headers=me)).json()["items"]
    assert {one["status"] for one in made} == {"completed"}, "what is there is not made again"


async def test_burned_captions_show_which_word_is_heard_where_that_was_chosen(
    start_export: Any, a_source: Any, tmp_path: Path
) -> None:
    """Both are made: one is not the other. Workflow's own renditions are as they were ordered."""
    export = await start_export()
    source = await a_source(export, "Hello there friends")
    await export.tell(source.rendition(Platform.TIKTOK), source.kit({"tiktok": source.video}))
    await export.wait_for(KitCompleted)
    await export.tell(source.paid())
    await export.wait_for(RenditionCompleted)
    url, me = f"/api/v1/export/kits/{source.run_id}/renditions", _as(source.user_id)
    ids_of = {}
    for highlight in (False, True):
        body = {"platforms": ["linkedin"], "captions": "burned", "highlight_words": highlight}
        ids_of[highlight] = (await export.http.post(url, json=body, headers=me)).json()["items"][0]["id"]
    await export.eventually("SELECT count(*) FROM renditions WHERE status = 'completed'", [3], timeout_s=60.0)
    yellow = {}
    for row in await export.fetch("SELECT id, answer FROM renditions WHERE platform = 'linkedin'"):
        made = RenditionMade.model_validate(row["answer"])
        assert (made.captions, set(made.outputs)) == ("burned", {"video", "poster"})
        path = await export.store.fetch(made.outputs["video"], tmp_path / f"{row['id']}.mp4")
        picture = picture_at(path, 0.7).astype(int)
        yellow[str(row["id"])] = int(
            ((picture[..., 2] > 170) & (picture[..., 1] > 150) & (picture[..., 0] < 110)).sum()
        )
    assert yellow[ids_of[False]] == 0
    assert yellow[ids_of[True]] > 10


async def test_a_draft_is_small_and_never_taken_for_the_real_one(start_export: Any, a_source: Any) -> None:
    """It is made for looking: it has no conformance, and neither kits nor uploads know it."""
    export = await start_export()
    source = await a_source(export)
    await export.tell(source.rendition(Platform.YOUTUBE), source.kit({"youtube": source.video}))
    await export.wait_for(KitCompleted)
    await export.tell(source.paid())
    (real,) = await export.wait_for(RenditionCompleted)
    url, me = f"/api/v1/export/kits/{source.run_id}/renditions", _as(source.user_id)
    answer = await export.http.post(url, json={"platforms": ["youtube"], "draft": True}, headers=me)
    (ordered,) = answer.json()["items"]
    assert ordered["draft"] is True
    await export.eventually("SELECT count(*) FROM renditions WHERE status = 'completed'", [2], timeout_s=60.0)
    shapes = {one["draft"]: one for one in (await export.http.get(url, headers=me)).json()["items"]}
    assert (shapes[True]["width"], shapes[True]["height"]) == (real.width // 3 // 2 * 2, real.height // 3 // 2 * 2)
    assert shapes[True]["files"]["video"]["size"] < shapes[False]["files"]["video"]["size"]
    assert "This is a draft" in shapes[True]["warnings"][-1]
    assert shapes[True]["conformance"] == {"video": []}
    kit = (await export.http.get(f"/api/v1/export/kits/{source.run_id}", headers=me)).json()
    assert kit["renditions"]["youtube"]["video"]["sha256"] == real.outputs["video"].sha256
    async with export.database.transaction() as tx:
        found = finished(await youtube.orders_of_project(tx, source.run_id, source.user_id))
    assert found is not None
    assert found.video == real.outputs["video"]
    again = await export.http.post(url, json={"platforms": ["youtube"]}, headers=me)
    assert again.json()["items"][0]["id"] != ordered["id"]
