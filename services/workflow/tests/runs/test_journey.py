"""A photo and a script become a video, through the API, the bus and the database."""

from __future__ import annotations

from typing import Any

from chassis.identity.tokens import Identity
from contracts.billing import CaptureCredits, ReserveCredits
from contracts.export import CreateRendition
from contracts.workflow import RunCompleted, RunCreated, StepCompleted


async def test_a_photo_and_a_script_become_a_video_and_a_kit(world: Any, somebody: Identity) -> None:
    """The whole way: every step once, every event in sequence, credits captured once."""
    accepted = await world.order(somebody)
    assert accepted.status_code == 202, accepted.text
    run_id = accepted.json()["id"]

    run = await world.ended(somebody, run_id)

    assert run["status"] == "completed", run
    assert run["progress"] == 100
    assert run["warnings"] == []
    assert set(run["results"]) >= {"enhanced_image", "video", "rendition_instagram", "rendition_youtube", "srt", "kit"}
    assert run["credits"] == {"held": 0, "captured": 1, "returned": False}
    assert run["image_quality_score"] == "9.00"
    assert list(world.others.holds.values()) == ["captured"]
    assert len(world.others.asked(ReserveCredits)) == len(world.others.asked(CaptureCredits)) == 1
    await world.wait_for(lambda: [e for e in world.published if isinstance(e, RunCompleted)])
    told = [e for e in world.published if getattr(e, "run_id", None) is not None and str(e.run_id) == run_id]
    assert sorted(e.sequence for e in told) == list(range(1, len(told) + 1))
    assert {type(e) for e in told} >= {RunCreated, StepCompleted, RunCompleted}


async def test_nothing_can_be_fetched_of_a_run_that_may_still_be_cancelled(world: Any, somebody: Identity) -> None:
    """Who had the film before its credits are captured could take it, cancel, and have the credits back as well."""
    world.others.mute = {CreateRendition}
    run_id = (await world.order(somebody)).json()["id"]
    made = await world.until(somebody, run_id, lambda run: _status_of(run, "generate") == "done")
    assert made["results"] == {}

    assert (await world.call(somebody, "POST", f"/api/v1/workflows/{run_id}/cancel")).status_code == 202

    run = await world.ended(somebody, run_id)
    assert (run["status"], run["credits"]["captured"], run["results"]) == ("cancelled", 0, {})


def _status_of(run: dict[str, Any], step: str) -> str:
    return next(str(one["status"]) for one in run["steps"] if one["name"] == step)
