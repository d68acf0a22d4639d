"""What was made for a run goes when its kit cannot be fetched any more, and so does what a crash left behind."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from chassis import ids
from chassis.storage import keys
from chassis.work.sweeper import Sweeper
from contracts.enums import Platform
from contracts.export import CancelExport, KitCompleted, RenditionCompleted
from export.keeping.service import Keeping


async def _keys(export: Any) -> list[str]:
    return [key async for key in export.store.list_keys("") if "source" not in key and "enhanced.jpg" not in key]


def _keeping(export: Any, **ago: float) -> Keeping:
    return Keeping(export.database, export.store, keep_for=timedelta(**ago))


async def test_objects_and_orders_go_and_the_answer_stays_gone(start_export: Any, a_source: Any) -> None:
    export = await start_export()
    source = await a_source(export)
    await export.tell(source.rendition(Platform.TIKTOK))
    (made,) = await export.wait_for(RenditionCompleted)
    await export.tell(source.kit({"tiktok": made.outputs["video"]}), source.kit({"tiktok": made.outputs["video"]}))
    await export.wait_for(KitCompleted, 2)
    await export.tell(source.paid())
    kept = await _keys(export)
    assert len(kept) == 7, "video, poster, captions, timings, and two kits of which one took the other's place"

    assert await _keeping(export, seconds=0).sweep() == 0, "its kit can be fetched"
    await export.execute("UPDATE export_kits SET expires_at = now()")
    assert await _keeping(export, hours=1).sweep() == 0, "not long ago enough"
    assert await _keys(export) == kept
    assert await _keeping(export, seconds=0).sweep() == 3
    assert [key for key in await _keys(export) if "timings" not in key] == []
    assert await export.fetch("SELECT FROM renditions UNION ALL SELECT FROM kit_orders") == []
    await export.execute("DELETE FROM delivered_runs")
    answer = await export.http.get(
        f"/api/v1/export/kits/{source.run_id}", headers={"Authorization": f"Bearer {source.user_id}"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "kit_expired")


async def test_what_a_crash_stored_without_a_row_goes_with_its_order(start_export: Any, a_source: Any) -> None:
    export = await start_export(consume=False)
    source = await a_source(export)
    order, other = source.rendition(Platform.TIKTOK), source.rendition(Platform.TIKTOK)
    await export.tell(order)
    for rendition in (order, other):
        name = f"{rendition.rendition_id.hex}-tiktok-video"
        key = keys.video_key(source.user_id, "mp4", ids.moment_of(rendition.rendition_id), name)
        await export.store.put_bytes(b"half a rendition", key, "video/mp4")
    assert await _keeping(export, seconds=0).sweep() == 0, "it is still wanted"
    await export.tell(CancelExport(run_id=source.run_id, reason="stop"))
    assert await _keeping(export, seconds=0).sweep() == 1
    (left,) = [key for key in await _keys(export) if key.startswith("videos/")]
    assert other.rendition_id.hex in left


async def test_two_at_once_and_again_remove_every_order_once(start_export: Any, a_source: Any) -> None:
    export = await start_export(consume=False)
    source = await a_source(export)
    await export.tell(*(source.rendition(Platform.TIKTOK) for _ in range(25)))
    await export.tell(CancelExport(run_id=source.run_id, reason="stop"))
    both = await asyncio.gather(*(_keeping(export, seconds=0).sweep() for _ in range(2)))
    assert sum(both) == 25
    assert await _keeping(export, seconds=0).sweep() == 0


async def test_what_goes_by_age_goes_and_what_may_be_needed_stays(start_export: Any, a_source: Any) -> None:
    """Delivered runs while their kit can be fetched, uploads under way, grants that have not expired."""
    export = await start_export()
    source, other = await a_source(export), await a_source(export)
    for one in (source, other):
        await export.tell(one.kit({"tiktok": one.video}))
    await export.wait_for(KitCompleted, 2)
    await export.tell(source.paid(), other.paid())
    await export.tell(CancelExport(run_id=source.run_id, reason="stop", order_id=ids.uuid7()))
    user, other_user = ids.uuid7(), ids.uuid7()
    for owner, status in ((user, "processing"), (other_user, "complete")):
        await export.execute(
            "INSERT INTO youtube_uploads (id, user_id, project_id, channel_id, upload_status, video, resource, "
            "total_bytes, created_at, updated_at) VALUES ($1, $1, $1, 'channel', $2, '{}', '{}', 1, now(), now())",
            owner,
            status,
        )
        await export.execute(
            "INSERT INTO youtube_states VALUES ($1, $2, '', '', now() + interval '10 minutes')", owner.bytes, owner
        )
    sweeper = Sweeper(export.database, export.service.retention)
    assert await sweeper.sweep() == {}
    await export.execute("UPDATE export_history SET created_at = created_at - interval '366 days'")
    await export.execute("UPDATE delivered_runs SET delivered_at = delivered_at - interval '60 days'")
    await export.execute("UPDATE cancelled_orders SET cancelled_at = cancelled_at - interval '31 days'")
    await export.execute("UPDATE youtube_uploads SET updated_at = updated_at - interval '366 days'")
    await export.execute(
        "UPDATE youtube_states SET expires_at = now() - interval '1 second' WHERE user_id = $1", other_user
    )
    await export.execute(
        "UPDATE export_kits SET expires_at = now() - interval '40 days' WHERE workflow_id = $1", other.run_id
    )
    assert await sweeper.sweep() == {
        "export_history": 2,
        "delivered_runs": 1,
        "cancelled_orders": 1,
        "youtube_states": 1,
        "youtube_uploads": 1,
    }
    assert [row["run_id"] for row in await export.fetch("SELECT run_id FROM delivered_runs")] == [source.run_id]
    assert [row["id"] for row in await export.fetch("SELECT id FROM youtube_uploads")] == [user]
    assert [row["user_id"] for row in await export.fetch("SELECT user_id FROM youtube_states")] == [user]
