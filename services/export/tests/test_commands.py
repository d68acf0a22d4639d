"""Commands: each has its effect once, in whatever order and however often they come."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from contracts.enums import Platform, Priority
from contracts.export import CancelExport, KitCompleted, KitFailed, RenditionCompleted, RenditionFailed


async def test_a_second_delivery_makes_nothing_more(start_export: Any, a_source: Any) -> None:
    """Delivered twice (a crash before the acknowledgement), for both kinds of order: one answer each."""
    export = await start_export()
    source = await a_source(export)
    order = export.delivery(source.rendition(Platform.TIKTOK))
    assert await export.deliver(order) == [ACKNOWLEDGE]
    assert await export.deliver(order) == [ACKNOWLEDGE]
    (made,) = await export.wait_for(RenditionCompleted)
    kit = export.delivery(source.kit({"tiktok": made.outputs["video"]}))
    await export.deliver(kit)
    await export.deliver(kit)
    await export.wait_for(KitCompleted)
    await export.deliver(order, kit)
    await export.eventually("SELECT count(*) FROM work", [0])
    assert (len(export.events(RenditionCompleted)), len(export.events(KitCompleted))) == (1, 1)
    assert [
        row["usage_count"]
        for row in await export.fetch("SELECT usage_count FROM export_templates WHERE usage_count > 0")
    ] == [1]
    assert len(await export.fetch("SELECT 1 FROM export_history")) == 1


async def test_an_order_repeated_in_a_new_message_is_made_once(start_export: Any, a_source: Any) -> None:
    """The orchestrator asks again for the same id, also within one batch."""
    export = await start_export()
    source = await a_source(export)
    order = source.rendition(Platform.INSTAGRAM)
    await export.tell(order, order)
    await export.wait_for(RenditionCompleted)
    await export.tell(order)
    assert await export.fetch("SELECT 1 FROM work") == []
    assert len(export.events(RenditionCompleted)) == 1


async def test_cancel_reaches_what_came_before_it(start_export: Any, a_source: Any) -> None:
    """Nothing is made for a cancelled run; a cancel can be repeated; another run goes on."""
    export = await start_export(consume=False)
    source, other = await a_source(export), await a_source(export)
    kept = other.rendition(Platform.TIKTOK)
    cancel = CancelExport(run_id=source.run_id, reason="no longer wanted")
    await export.tell(source.rendition(Platform.TIKTOK), kept)
    await export.tell(source.rendition(Platform.YOUTUBE), source.kit({}), cancel, cancel)
    await export.tell(cancel)
    statuses = await export.fetch(
        "SELECT run_id, status FROM renditions UNION ALL SELECT run_id, status FROM kit_orders"
    )
    assert {row["status"] for row in statuses if row["run_id"] == source.run_id} == {"cancelled"}
    assert [row["id"] for row in await export.fetch("SELECT id FROM work")] == [kept.rendition_id]

    second = await start_export(url=export.database.url)
    (made,) = await second.wait_for(RenditionCompleted)
    assert made.rendition_id == kept.rendition_id


async def test_cancel_interrupts_an_encoding(start_export: Any, a_source: Any) -> None:
    """A big one is stopped in the middle: no answer comes, and nothing is left to do."""
    export = await start_export(small=False)
    source = await a_source(export)
    await export.tell(*(source.rendition(platform) for platform in Platform))
    await export.eventually("SELECT count(*) FROM work WHERE lease_token IS NOT NULL", [1])
    await export.tell(CancelExport(run_id=source.run_id, reason="stop"))
    assert await export.fetch("SELECT 1 FROM work") == []
    for pool in export.service.background:
        await pool.stop(10.0)
    assert export.events(RenditionCompleted) == export.events(RenditionFailed) == []


async def test_an_order_whose_process_died_is_taken_over(start_export: Any, a_source: Any) -> None:
    """The only worker takes a dead one's order at once, whatever its lease says."""
    export = await start_export(consume=False)
    source = await a_source(export)
    await export.tell(source.rendition(Platform.TIKTOK))
    await export.execute(
        "UPDATE work SET lease_token = $1, lease_until = now() + interval '1 hour', attempts = 1", ids.uuid7()
    )
    second = await start_export(url=export.database.url, alone=True)
    await second.wait_for(RenditionCompleted)


async def test_a_video_that_is_none_is_refused_for_good(start_export: Any, a_source: Any) -> None:
    """The user is told; asking again would not help."""
    export = await start_export()
    source = await a_source(export)
    broken = await export.store.put_bytes(b"no video", "videos/broken.mp4", "video/mp4")
    await export.tell(source.rendition(Platform.TIKTOK, video=broken), source.rendition(Platform.YOUTUBE, video=broken))
    failed = await export.wait_for(RenditionFailed, 2)
    assert {event.retryable for event in failed} == {False}
    assert {event.platform for event in failed} == {Platform.TIKTOK, Platform.YOUTUBE}
    assert all(event.message for event in failed)


async def test_a_kit_whose_file_is_gone_is_refused(start_export: Any, a_source: Any) -> None:
    """The video itself stays usable; the orchestrator decides (EXP-20)."""
    export = await start_export()
    source = await a_source(export)
    await export.store.delete(source.image.key)
    await export.tell(source.kit({"tiktok": source.video}))
    (failed,) = await export.wait_for(KitFailed)
    assert (failed.code, failed.retryable) == ("INPUT_MISSING", False)
    assert [row["status"] for row in await export.fetch("SELECT status FROM kit_orders")] == ["failed"]


async def test_trouble_on_our_side_is_retried_and_then_told(start_export: Any, a_source: Any) -> None:
    """Failing once puts the order off; failing too often ends it as something that may work later."""
    # At full size: a small one can be whole before a busy event loop looks at the clock.
    export = await start_export(render_deadline_s=0.01, small=False)
    source = await a_source(export)
    await export.tell(source.rendition(Platform.TIKTOK))
    await export.eventually("SELECT attempts FROM work WHERE lease_token IS NULL", [1])
    await export.execute("UPDATE work SET attempts = 3, run_after = now()")
    (failed,) = await export.wait_for(RenditionFailed)
    assert (failed.code, failed.retryable) == ("NOT_FINISHED", True)


@pytest.mark.parametrize("kind", ["rendition", "kit"])
async def test_a_cancel_that_overtakes_its_order_wins(start_export: Any, a_source: Any, kind: str) -> None:
    """Another replica, or a redelivery: nothing is made, and another round of the same run is."""
    export = await start_export(consume=False)
    source = await a_source(export)
    order, again = (
        (source.rendition(Platform.TIKTOK), source.rendition(Platform.TIKTOK))
        if kind == "rendition"
        else (source.kit({"tiktok": source.video}), source.kit({"tiktok": source.video}))
    )
    order_id, again_id = (getattr(one, f"{kind}_id") for one in (order, again))
    cancel = CancelExport(run_id=source.run_id, reason="stop", order_id=order_id)
    await export.tell(cancel)
    late = export.delivery(order)
    assert await export.deliver(late) == [ACKNOWLEDGE]
    assert await export.deliver(late) == [ACKNOWLEDGE]
    assert await export.fetch("SELECT 1 FROM work") == []
    await export.tell(cancel, order)
    await export.tell(again)
    assert [row["id"] for row in await export.fetch("SELECT id FROM work")] == [again_id]
    found = await export.fetch(
        "SELECT id, status FROM (SELECT id, status, completed_at FROM renditions "
        "UNION ALL SELECT id, status, completed_at FROM kit_orders) AS orders ORDER BY completed_at"
    )
    assert [tuple(row) for row in found] == [(order_id, "cancelled"), (again_id, "pending")]


async def test_a_cancel_and_its_order_at_once_leave_nothing_to_do(start_export: Any, a_source: Any) -> None:
    """On two replicas: whoever commits second sees the other."""
    export = await start_export(consume=False)
    for _ in range(10):
        source = await a_source(export)
        order = source.rendition(Platform.TIKTOK)
        cancel = CancelExport(run_id=source.run_id, reason="stop", order_id=order.rendition_id)
        await asyncio.gather(export.tell(order), export.tell(cancel))
    assert await export.fetch("SELECT 1 FROM work") == []
    assert {row["status"] for row in await export.fetch("SELECT status FROM renditions")} == {"cancelled"}


async def test_an_order_beside_one_that_was_made_before_is_made_too(start_export: Any, a_source: Any) -> None:
    """The orchestrator asks again for what is done and, in the same batch, for something new of the same video."""
    export = await start_export()
    source = await a_source(export)
    done, new = source.rendition(Platform.TIKTOK), source.rendition(Platform.INSTAGRAM)
    await export.tell(done)
    await export.wait_for(RenditionCompleted)
    # As if the first one's work had been read and not removed yet.
    await export.execute(
        "INSERT INTO work (id, kind, payload, run_after, lease_token, lease_until) "
        "VALUES ($1, 'export.renditions', '{}', now(), $2, now() + interval '1 hour')",
        done.rendition_id,
        ids.uuid7(),
    )
    await export.tell(done, new)
    made = await export.wait_for(RenditionCompleted, 2)
    assert [event.rendition_id for event in made] == [done.rendition_id, new.rendition_id]


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM platform_requirements WHERE platform = 'tiktok'",
        "UPDATE platform_requirements SET key_values = '{}' WHERE platform = 'tiktok'",
    ],
)
async def test_what_nobody_foresaw_is_given_up_and_told(start_export: Any, a_source: Any, damage: str) -> None:
    """A platform without a specification that can be read, for both kinds of order: a few tries, then it is told."""
    export = await start_export()
    source = await a_source(export)
    await export.execute(damage)
    await export.tell(source.rendition(Platform.TIKTOK), source.kit({"tiktok": source.video}))
    await export.eventually("SELECT count(*) FROM work WHERE lease_token IS NULL AND attempts = 1", [2])
    await export.execute("UPDATE work SET attempts = 3, run_after = now()")
    (rendition,) = await export.wait_for(RenditionFailed)
    (kit,) = await export.wait_for(KitFailed)
    for failed in (rendition, kit):
        assert (failed.code, failed.retryable) == ("NOT_FINISHED", True)
        assert "Try again" in failed.message
    assert await export.fetch("SELECT 1 FROM work") == []


async def test_work_waits_in_the_lane_of_its_plan(start_export: Any, a_source: Any) -> None:
    """Enterprise goes before free (CON-09, CON-10)."""
    export = await start_export(consume=False)
    source = await a_source(export)
    wanted = {}
    for lane, priority in enumerate((Priority.HIGH, Priority.NORMAL, Priority.LOW)):
        kit = source.kit({"tiktok": source.video}, priority=priority)
        rendition = (await a_source(export)).rendition(Platform.TIKTOK, priority=priority)
        wanted |= {kit.kit_id: lane, rendition.rendition_id: lane}
        await export.tell(rendition, kit)
    assert {row["id"]: row["lane"] for row in await export.fetch("SELECT id, lane FROM work")} == wanted


@pytest.mark.parametrize(("mime_type", "name"), [("image/png", "enhanced.png"), ("image/jpeg", "enhanced.jpg")])
async def test_the_photo_in_the_kit_is_called_what_it_is(
    start_export: Any, a_source: Any, mime_type: str, name: str
) -> None:
    export = await start_export()
    source = await a_source(export)
    image = source.image.model_copy(update={"mime_type": mime_type})
    await export.tell(source.kit({"tiktok": source.video}, image=image))
    (made,) = await export.wait_for(KitCompleted)
    assert [file for file in made.files if file.startswith("enhanced")] == [name]
