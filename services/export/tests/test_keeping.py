"""What was made for a run goes when its kit cannot be fetched any more, and so does what a crash left behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chassis import ids
from chassis.storage import keys
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
    one = await _keeping(export, seconds=0).sweep()
    assert (one, await _keeping(export, seconds=0).sweep()) == (25, 0)
