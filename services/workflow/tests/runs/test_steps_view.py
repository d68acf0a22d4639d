"""``workflow_steps``, for operators and reports: what is used of each step, and what it cost with all its attempts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chassis.identity.tokens import Identity
from contracts.ai_router import SubmitJob


async def test_the_attempt_that_is_used_is_shown_and_all_are_paid(world: Any, somebody: Identity) -> None:
    """Three photos of which the second is the best: 7.6 is used, and thrice a cent was spent."""
    world.others.scores = {"image_enhancement": [7.1, 7.6, 7.3]}
    run_id = (await world.order(somebody)).json()["id"]
    run = await world.ended(somebody, run_id)
    assert run["status"] == "completed"
    jobs = [job for job in world.others.asked(SubmitJob) if job.capability == "image_enhancement"]
    assert len(jobs) == 3

    rows = await world.fetch("SELECT * FROM workflow_steps WHERE workflow_id = $1", run_id)
    shown = {row["name"]: row for row in rows if row["name"] != "renditions"}
    [used] = [step for step in run["steps"] if step["name"] == "enhance"]
    assert shown["enhance"]["score"] == Decimal("7.60")
    assert shown["enhance"]["cost"] == Decimal("0.0300")
    assert (shown["enhance"]["attempt"], shown["enhance"]["provider"]) == (3, used["provider"])
    assert shown["enhance"]["outputs"]["image"]["key"] == "test/enhanced.jpg"
    assert shown["check"]["outputs"] is None
    assert sum(row["cost"] for row in rows) == Decimal(run["actual_cost"])
