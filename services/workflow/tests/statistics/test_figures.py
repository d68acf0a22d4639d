"""Figures over workflows: of one user, and of everybody."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from chassis import ids
from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity

OWN = "/internal/statistics/own"


async def test_before_the_first_order_there_is_nothing_to_reckon_with(shared: Any) -> None:
    found = (await shared.call(an_identity(), "GET", OWN)).json()
    assert found == {
        "by_status": {"pending": 0, "processing": 0, "completed": 0, "failed": 0, "cancelled": 0},
        "success_rate": None,
        "average_seconds": None,
        "spend": "0",
        "image_quality": None,
        "video_quality": None,
    }


async def test_ones_own_workflows_are_counted_and_nobody_elses(shared: Any, somebody: Identity) -> None:
    run_id = (await shared.order(somebody)).json()["id"]
    await shared.ended(somebody, run_id)
    details = (await shared.call(somebody, "GET", f"/api/v1/workflows/{run_id}")).json()
    found = (await shared.call(somebody, "GET", OWN)).json()
    assert (found["by_status"]["completed"], found["success_rate"]) == (1, 1.0)
    assert found["average_seconds"] >= 0
    assert Decimal(found["spend"]) == Decimal(details["actual_cost"]) > 0
    assert found["image_quality"] == float(details["image_quality_score"])
    assert found["video_quality"] == float(details["video_quality_score"])

    for other in (replace(somebody, user_id=ids.uuid7()), replace(somebody, product_line="reely")):
        assert (await shared.call(other, "GET", OWN)).json()["by_status"]["completed"] == 0


async def test_administrators_see_what_waits_and_what_is_stored_and_others_do_not(
    shared: Any, somebody: Identity
) -> None:
    run_id = (await shared.order(somebody)).json()["id"]
    await shared.ended(somebody, run_id)
    public = (await shared.call(somebody, "GET", "/internal/statistics")).json()
    assert public["by_status"]["completed"] >= 1
    assert (public["waiting"], public["stored"]) == (None, None)
    everything = (await shared.call(replace(somebody, role="admin"), "GET", "/internal/statistics")).json()
    assert everything["waiting"] == {}
    assert everything["stored"]["files"] >= 1
    assert everything["stored"]["bytes"] > 0
