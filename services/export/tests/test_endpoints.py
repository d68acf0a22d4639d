"""What a user can ask; somebody else's kit is not there."""

from __future__ import annotations

from typing import Any

from chassis import ids
from contracts.enums import TALKING_PHOTO_TYPES, Platform
from contracts.export import KitCompleted
from export.composition import load_starting_data


def _as(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {user}"}


async def test_requirements_of_a_platform(start_export: Any) -> None:
    """The figures of the specification, and the other shapes of the platform (EXP-03, EXP-17)."""
    export = await start_export(small=False)
    me = _as(ids.uuid7())
    youtube = (await export.http.get("/api/v1/export/requirements/youtube", headers=me)).json()
    assert (youtube["values"]["width"], youtube["values"]["aspect_ratio"]) == (1920, "16:9")
    assert youtube["variants"]["shorts"]["aspect_ratio"] == "9:16"
    assert youtube["variants"]["shorts"]["max_duration_s"] == 180
    for platform, longest in (("instagram", 900), ("tiktok", 600)):
        values = (await export.http.get(f"/api/v1/export/requirements/{platform}", headers=me)).json()["values"]
        assert (values["width"], values["height"], values["max_duration_s"]) == (1080, 1920, longest)
        assert values["max_duration_source"].startswith("https://")
        assert values["max_duration_checked"] == "2026-11-29"
    unknown = await export.http.get("/api/v1/export/requirements/myspace", headers=me)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_platform")
    assert (await export.http.get("/api/v1/export/requirements/tiktok")).status_code == 401


async def test_what_is_the_same_for_everybody_may_be_kept_by_caches(start_export: Any) -> None:
    """GTW-27; what is refused may not."""
    export = await start_export()
    me = _as(ids.uuid7())
    for path, kept in (
        ("templates", "public, max-age=300"),
        ("requirements/tiktok", "public, max-age=300"),
        ("requirements/myspace", None),
    ):
        answer = await export.http.get(f"/api/v1/export/{path}", headers=me)
        assert answer.headers.get("Cache-Control") == kept, path


async def test_there_is_a_template_for_every_type_and_platform(start_export: Any) -> None:
    """Twelve to begin with, filtered as asked, and an edited one survives the initial data step (EXP-02, EXP-13)."""
    export = await start_export()
    me = _as(ids.uuid7())
    every = (await export.http.get("/api/v1/export/templates", headers=me)).json()["items"]
    assert {(one["workflow_type"], one["platform"]) for one in every} == {
        (kind.value, platform.value) for kind in TALKING_PHOTO_TYPES for platform in Platform
    }
    assert len(every) == 12
    query = "?workflow_type=educational&platform=youtube&difficulty=intermediate"
    (one,) = (await export.http.get(f"/api/v1/export/templates{query}", headers=me)).json()["items"]
    assert "<script" not in one["instructions_html"]
    none = await export.http.get("/api/v1/export/templates?difficulty=advanced", headers=me)
    assert none.json()["items"] == []
    assert (await export.http.get("/api/v1/export/templates?platform=myspace", headers=me)).status_code == 422

    await export.execute("UPDATE export_templates SET estimated_time_minutes = 99 WHERE platform = 'tiktok'")
    await export.execute("UPDATE platform_requirements SET version = 7")
    await load_starting_data(export.database)
    rows = await export.fetch(
        "SELECT DISTINCT estimated_time_minutes AS m FROM export_templates WHERE platform = 'tiktok'"
    )
    assert [row["m"] for row in rows] == [99]
    assert len(await export.fetch("SELECT 1 FROM export_templates")) == 12


async def test_a_kit_belongs_to_its_user(start_export: Any, a_source: Any) -> None:
    """Another user gets a 404, an unknown workflow is a 404, an expired kit is gone."""
    export = await start_export()
    source = await a_source(export)
    await export.tell(source.kit({"tiktok": source.video}))
    (done,) = await export.wait_for(KitCompleted)
    url = f"/api/v1/export/kits/{source.run_id}"
    early = await export.http.get(url, headers=_as(source.user_id))
    assert (early.status_code, early.json()["error"]["code"]) == (409, "kit_not_ready")
    assert "sha256" not in early.text
    await export.tell(source.paid(), source.paid())
    mine = await export.http.get(url, headers=_as(source.user_id))
    assert mine.status_code == 200
    assert mine.json()["id"] == str(done.kit_id)
    assert mine.json()["files"] == list(done.files)
    stranger = await export.http.get(url, headers=_as(ids.uuid7()))
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (404, "kit_not_found")
    unknown = await export.http.get(f"/api/v1/export/kits/{ids.uuid7()}", headers=_as(source.user_id))
    assert unknown.status_code == 404
    assert (await export.http.get(url)).status_code == 401
    await export.execute("UPDATE export_kits SET expires_at = now() - interval '1 second'")
    assert (await export.http.get(url, headers=_as(source.user_id))).status_code == 410


async def test_a_kit_made_again_replaces_the_first(start_export: Any, a_source: Any) -> None:
    """One kit a workflow (EXP-14), with the same bytes for the same contents apart from its id."""
    export = await start_export()
    source = await a_source(export)
    first, second = source.kit({"tiktok": source.video}), source.kit({"tiktok": source.video})
    await export.tell(first)
    await export.wait_for(KitCompleted)
    await export.tell(second)
    events = await export.wait_for(KitCompleted, 2)
    assert [row["id"] for row in await export.fetch("SELECT id FROM export_kits")] == [second.kit_id]
    assert events[0].files == events[1].files
