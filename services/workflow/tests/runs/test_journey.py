"""A photo and a script become a video, through the API, the bus and the database."""

from __future__ import annotations

from typing import Any

from chassis.identity.tokens import Identity
from contracts.billing import CaptureCredits, ReserveCredits
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
