"""How long a run took is measured, not told by a clock that somebody may set meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.clock import ManualClock
from chassis.identity.tokens import Identity
from contracts.ai_router import SubmitJob


@pytest.mark.parametrize("minutes", [10, -10])
async def test_a_clock_that_is_set_in_a_run_changes_none_of_its_seconds(
    start_world: Any, somebody: Identity, minutes: int
) -> None:
    world = await start_world(timer_poll_s=60)
    world.others.mute = {SubmitJob}
    run_id = (await world.order(somebody)).json()["id"]
    await world.until(somebody, run_id, lambda d: d["credits"]["held"] == 1)
    world.database.clock = ManualClock(datetime.now(UTC) + timedelta(minutes=minutes))
    going = (await world.call(somebody, "GET", f"/api/v1/workflows/{run_id}")).json()
    assert 0 <= going["processing_seconds"] < 60

    world.others.mute = set()
    await world.publish(*(event for job in world.others.asked(SubmitJob) for event in world.others.answer(job)))
    run = await world.ended(somebody, run_id)
    assert run["status"] == "completed"
    assert 0 <= run["processing_seconds"] < 60
    assert all(
        0 <= step["seconds"] <= run["processing_seconds"] for step in run["steps"] if step["seconds"] is not None
    )


async def test_another_round_is_measured_anew_and_another_machine_by_the_clock(world: Any, somebody: Identity) -> None:
    run_id = (await world.order(somebody)).json()["id"]
    done = await world.ended(somebody, run_id)
    [row] = await world.fetch("SELECT began, seconds FROM runs WHERE id = $1", run_id)
    assert row["seconds"] == done["processing_seconds"] > 0
    await world.execute("UPDATE runs SET began = 'another:1.5', seconds = NULL WHERE id = $1", run_id)
    by_clock = (await world.call(somebody, "GET", f"/api/v1/workflows/{run_id}")).json()
    assert by_clock["processing_seconds"] == pytest.approx(row["seconds"], abs=0.5)
