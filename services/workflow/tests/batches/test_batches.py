"""A manifest is ordered once, row by row with a verdict, and can be stopped as one."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.ai_router import SubmitJob
from contracts.billing import EntitlementsChanged, ReserveCredits
from contracts.enums import Priority


def lines(*orders: dict[str, Any]) -> str:
    return "\n".join(json.dumps({"script": "Hello there.", "target_platforms": ["tiktok"], **one}) for one in orders)


async def submit(world: Any, who: Identity, manifest: str, kind: str = "application/x-ndjson", **params: Any) -> Any:
    return await world.call(
        who, "POST", "/api/v1/batches", params=params, content=manifest.encode(), headers={"Content-Type": kind}
    )


async def a_file(world: Any, who: Identity) -> str:
    found: str = (await world.upload(who)).json()["id"]
    return found


async def test_a_dry_run_says_what_would_become_of_each_row_and_orders_nothing(shared: Any, somebody: Identity) -> None:
    file_id = await a_file(shared, somebody)
    manifest = lines(
        {"ref": "good", "input_file_id": file_id},
        {"ref": "no file", "input_file_id": str(ids.uuid7())},
        {"ref": "no words", "input_file_id": file_id, "script": "  "},
        {"ref": "no order", "input_file_id": file_id, "voice": "robot"},
        {"ref": "not made", "input_file_id": file_id, "workflow_type": "clip_trim"},
    )
    reply = await submit(shared, somebody, manifest, dry_run=True)
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert (answer["id"], answer["ordered"], answer["refused"], answer["credits"]) == (None, 1, 4, 1)
    assert {row["ref"]: (row["verdict"], row["code"]) for row in answer["rows"]} == {
        "good": ("fine", None),
        "no file": ("refused", "file_not_usable"),
        "no words": ("refused", "script_not_allowed"),
        "no order": ("refused", "invalid"),
        "not made": ("refused", "product_of_another_line"),
    }
    assert (await shared.call(somebody, "GET", "/api/v1/batches")).json()["total"] == 0
    assert (await shared.call(somebody, "GET", "/api/v1/workflows")).json()["total"] == 0

    refused = await submit(shared, somebody, manifest, all_or_nothing=True)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "rows_refused")
    assert len(refused.json()["error"]["details"]["rows"]) == 4
    assert (await shared.call(somebody, "GET", "/api/v1/batches")).json()["total"] == 0


async def test_what_is_submitted_again_orders_only_what_is_new(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    file_id = await a_file(shared, somebody)
    rows = [{"ref": f"row {n}", "input_file_id": file_id} for n in range(3)]
    first = (await submit(shared, somebody, lines(*rows[:2]), name="may")).json()
    assert (first["ordered"], first["repeated"]) == (2, 0)
    again = await asyncio.gather(*(submit(shared, somebody, lines(*rows), name="may") for _ in range(3)))
    assert sorted((one.json()["ordered"], one.json()["repeated"]) for one in again) == [(0, 3), (0, 3), (1, 2)]
    assert {one.json()["id"] for one in again} == {first["id"]}
    assert again[0].json()["rows"][0]["workflow_id"] == first["rows"][0]["workflow_id"]
    changed = (await submit(shared, somebody, lines({**rows[0], "script": "Other words."}), name="may")).json()
    assert [(row["verdict"], row["code"]) for row in changed["rows"]] == [("refused", "row_changed")]

    for row in again[0].json()["rows"]:
        assert (await shared.ended(somebody, row["workflow_id"]))["status"] == "completed"
    status = (await shared.call(somebody, "GET", f"/api/v1/batches/{first['id']}")).json()
    assert (status["name"], status["rows"], status["completed"]) == ("may", 3, 3)
    path = f"/api/v1/batches/{first['id']}/rows"
    listed = (await shared.call(somebody, "GET", path, params={"status": "completed", "per_page": 2})).json()
    assert (listed["total"], [row["ref"] for row in listed["items"]]) == (3, ["row 0", "row 1"])

    other = help_.an_identity()
    for method, path in (("GET", ""), ("GET", "/rows"), ("POST", "/cancel")):
        reply = await shared.call(other, method, f"/api/v1/batches/{first['id']}{path}")
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "batch_not_found")
    assert (await shared.call(other, "GET", "/api/v1/batches")).json()["total"] == 0
    theirs = (await submit(shared, other, lines(rows[0]), name="may")).json()
    assert [row["code"] for row in theirs["rows"]] == ["file_not_usable"], "another's photo, and another's batch"


async def test_a_sheet_is_ordered_as_far_as_the_month_goes(shared: Any, somebody: Identity) -> None:
    file_id = await a_file(shared, somebody)
    await shared.publish(
        EntitlementsChanged(
            user_id=somebody.user_id,
            product_line="talkingphoto",
            plan="free",
            limits={"workflows": 3},
            used={"workflows": 1},
            features={},
            priority=Priority.LOW,
            run_budget=Decimal("2"),
            credits_available=2,
            version=1,
        )
    )
    sheet = "ref,input_file_id,script\n" + "".join(f"{n},{file_id},Hello number {n}.\n" for n in "abcd")
    answer = (await submit(shared, somebody, sheet, kind="text/csv")).json()
    assert [(row["verdict"], row["code"]) for row in answer["rows"]] == [("ordered", None)] * 2 + [
        ("refused", "quota_exceeded")
    ] * 2
    assert answer["name"] and answer["credits"] == 2
    for row in answer["rows"][:2]:
        await shared.ended(somebody, row["workflow_id"])
    held = [one for one in shared.others.asked(ReserveCredits) if one.user_id == somebody.user_id]
    assert len(held) == 2


async def test_a_batch_is_stopped_as_one(start_world: Any, somebody: Identity) -> None:
    world = await start_world(max_processing=1)
    world.others.mute = {SubmitJob}
    file_id = await a_file(world, somebody)
    answer = (await submit(world, somebody, lines(*({"ref": n, "input_file_id": file_id} for n in "abc")))).json()
    await world.until(somebody, answer["rows"][0]["workflow_id"], lambda d: d["credits"]["held"] == 1)
    path = f"/api/v1/batches/{answer['id']}/cancel"
    stopped = (await world.call(somebody, "POST", path)).json()
    assert (stopped["stopped"], stopped["not_stopped"]) == (3, 0)
    for row in answer["rows"]:
        assert (await world.ended(somebody, row["workflow_id"]))["status"] == "cancelled"
    again = (await world.call(somebody, "POST", path)).json()
    assert (again["stopped"], again["cancelled"]) == (0, 3)
    assert set(world.others.holds.values()) == {"released"}
