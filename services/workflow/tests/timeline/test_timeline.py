"""Every second of a run has a cause, and together they are as long as the run."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.ai_router import JobFailed, SubmitJob
from contracts.enums import Capability
from contracts.export import CreateRendition


async def timeline(world: Any, who: Identity, run_id: str) -> dict[str, Any]:
    reply = await world.call(who, "GET", f"/api/v1/workflows/{run_id}/timeline")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def assert_it_adds_up(told: dict[str, Any]) -> None:
    spans = told["spans"]
    assert sum(span["seconds"] for span in spans) == pytest.approx(told["seconds"], abs=1e-4)
    assert spans[0]["begins_at"] == told["created_at"]
    assert [span["ends_at"] for span in spans[:-1]] == [span["begins_at"] for span in spans[1:]]
    assert told["finished_at"] is None or spans[-1]["ends_at"] == told["finished_at"]
    assert all(span["cause"] for span in spans)


def broken(cost: str = "0.0010") -> JobFailed:
    return JobFailed(
        job_id=ids.uuid7(),
        user_id=ids.uuid7(),
        capability=Capability.VIDEO_GENERATION,
        failure="transient",
        code="provider_down",
        message="The provider is down.",
        retryable=True,
        attempts=1,
        tried=("first",),
        cost=Decimal(cost),
    )


async def test_the_time_of_a_run_that_was_tried_twice_adds_up(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    shared.others.fail["video_generation"] = [broken()]
    run_id = (await shared.order(somebody)).json()["id"]
    run = await shared.ended(somebody, run_id)
    assert run["status"] == "completed", run

    told = await timeline(shared, somebody, run_id)

    assert_it_adds_up(told)
    assert {span["kind"] for span in told["spans"]} >= {"work", "pause"}
    assert any("because: The provider is down." in span["cause"] for span in told["spans"])
    tries = {(one["step"], one["part"]): one["tries"] for one in told["steps"]}
    assert set(tries) == {
        ("reserve", None),
        ("enhance", None),
        ("speak", None),
        ("generate", None),
        ("renditions", "instagram"),
        ("renditions", "youtube"),
        ("kit", None),
    }
    assert [one["outcome"] for one in tries["generate", None]] == ["failed", "done"]
    assert [one["error"] for one in tries["generate", None]] == ["The provider is down.", None]
    assert sum(Decimal(one["cost"]) for all_ in tries.values() for one in all_) == Decimal(told["cost"])
    assert told["cost"] == run["actual_cost"]
    assert len(told["trace_id"] or "0" * 32) == 32

    assert (await shared.call(help_.an_identity(), "GET", f"/api/v1/workflows/{run_id}/timeline")).status_code == 404
    admin = help_.an_identity(role="admin")
    assert (await timeline(shared, admin, run_id))["spans"] == told["spans"]


async def test_waiting_for_a_place_stopping_and_what_lies_between_rounds_are_said(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    world = await start_world(max_processing=1, timer_poll_s=0.05)
    world.others.mute = {SubmitJob}
    other = help_.an_identity()
    first = (await world.order(other)).json()["id"]
    mine = (await world.order(somebody)).json()["id"]
    going = await timeline(world, somebody, mine)
    assert_it_adds_up(going)
    assert [span["kind"] for span in going["spans"]] == ["queue"]

    await world.call(other, "POST", f"/api/v1/workflows/{first}/cancel")
    await world.until(somebody, mine, lambda d: d["credits"]["held"] == 1)
    world.others.mute = {CreateRendition}
    await world.call(somebody, "POST", f"/api/v1/workflows/{mine}/cancel")
    await world.ended(somebody, mine)
    world.others.mute = set()
    await world.call(somebody, "POST", f"/api/v1/workflows/{mine}/retry")
    run = await world.ended(somebody, mine)
    assert run["status"] == "completed", run
    told = await timeline(world, somebody, mine)
    assert_it_adds_up(told)
    assert {"queue", "work", "undo", "ended"} <= {span["kind"] for span in told["spans"]}
    assert {one["round"] for step in told["steps"] for one in step["tries"]} == {1, 2}


async def test_a_silence_that_was_broken_is_told_to_its_owner(start_world: Any, somebody: Identity) -> None:
    world = await start_world(step_within_s=0.2, step_patience=1)
    world.others.mute = {SubmitJob}
    run_id = (await world.order(somebody)).json()["id"]
    await world.until(somebody, run_id, lambda d: d["interventions"])
    world.others.mute = set()
    run = await world.ended(somebody, run_id)
    texts = [one["text"] for one in run["interventions"]]
    assert any("asked for again" in text for text in texts), texts
    notes = [event.note for event in world.published if getattr(event, "note", None)]
    assert any("asked for again" in note for note in notes)
    assert (await timeline(world, somebody, run_id))["interventions"] == run["interventions"]


async def test_a_history_that_has_been_removed_is_said_to_be(shared: Any, somebody: Identity) -> None:
    run_id = (await shared.order(somebody)).json()["id"]
    await shared.ended(somebody, run_id)
    await shared.execute("DELETE FROM run_history WHERE run_id = $1", run_id)
    told = await timeline(shared, somebody, run_id)
    assert_it_adds_up(told)
    assert ([span["kind"] for span in told["spans"]], told["steps"]) == (["unknown"], [])
    assert timedelta(seconds=told["seconds"]) > timedelta(0)
