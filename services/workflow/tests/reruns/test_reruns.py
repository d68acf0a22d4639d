"""One thing is changed, and that alone is made, held for and paid."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from chassis import ids
from chassis.clock import SystemClock
from chassis.identity.tokens import Identity
from contracts.ai_router import SubmitJob
from contracts.billing import CaptureCredits, ReserveCredits
from contracts.export import CreateKit, CreateRendition
from workflow.engine.advance import replay
from workflow.engine.signals import load_signal
from workflow.engine.state import Brief, load_state

JOBS = {"image_enhancement": "enhance", "audio_generation": "speak", "video_generation": "generate"}


async def a_completed_run(world: Any, who: Identity, **changes: Any) -> dict[str, Any]:
    reply = await world.order(who, **changes)
    assert reply.status_code == 202, reply.text
    run: dict[str, Any] = await world.ended(who, reply.json()["id"])
    assert run["status"] == "completed", run
    return run


async def rerun(world: Any, who: Identity, run_id: str, begin_from: str | None = None, **changes: Any) -> Any:
    params = {} if begin_from is None else {"from": begin_from}
    headers = changes.pop("headers", {})
    return await world.call(
        who, "POST", f"/api/v1/workflows/{run_id}/rerun", params=params, json=changes, headers=headers
    )


def asked(world: Any, run_id: str) -> Counter[str]:
    """What others were asked for a run, by step."""
    found: Counter[str] = Counter()
    for command in world.others.commands:
        if str(getattr(command, "run_id", "")) == run_id:
            if isinstance(command, SubmitJob):
                found[JOBS[command.capability]] += 1
            elif isinstance(command, CreateRendition):
                found[f"rendition {command.platform}"] += 1
            elif isinstance(command, CreateKit):
                found["kit"] += 1
    return found


def steps_of(answer: dict[str, Any], what: str) -> list[str]:
    return [one["step"] for one in answer[what]]


async def test_from_the_renditions_on_nothing_is_asked_of_the_router_and_nothing_is_charged(
    shared: Any, somebody: Identity
) -> None:
    first = await a_completed_run(shared, somebody)
    before = len(shared.others.commands)
    said = await rerun(shared, somebody, first["id"], "renditions", captions="burned", dry_run=True)
    assert said.status_code == 200, said.text
    assert (said.json()["id"], said.json()["credits"], said.json()["credits_of_all"]) == (None, 0, 1)
    assert len(shared.others.commands) == before, "a dry run asks nobody"

    reply = await rerun(shared, somebody, first["id"], "renditions", captions="burned")
    assert reply.status_code == 202, reply.text
    answer = reply.json()
    assert steps_of(answer, "reused") == ["enhance", "speak", "generate"]
    assert steps_of(answer, "made") == ["renditions", "kit"]
    assert reply.headers["Location"] == f"/api/v1/workflows/{answer['id']}"
    run = await shared.ended(somebody, answer["id"])

    assert run["status"] == "completed", run
    assert asked(shared, answer["id"]) == {"rendition instagram": 1, "rendition youtube": 1, "kit": 1}
    assert (run["parent_id"], run["credits"]["captured"], Decimal(run["actual_cost"])) == (first["id"], 0, 0)
    reserved = [one for one in shared.others.asked(ReserveCredits) if str(one.run_id) == answer["id"]]
    captured = [one for one in shared.others.asked(CaptureCredits) if str(one.run_id) == answer["id"]]
    assert [(one.credits, one.meter, one.units) for one in reserved] == [(0, None, 0)]
    assert [one.credits for one in captured] == [0]
    assert run["results"]["video"]["sha256"] == first["results"]["video"]["sha256"]
    assert {step["name"] for step in run["steps"] if step["reused"]} == {"enhance", "speak", "generate"}
    assert run["warnings"] == []


async def test_other_words_are_spoken_and_filmed_but_the_photo_stays_as_it_is(shared: Any, somebody: Identity) -> None:
    first = await a_completed_run(shared, somebody)
    answer = (await rerun(shared, somebody, first["id"], script="Quite another thing.")).json()
    assert steps_of(answer, "reused") == ["enhance"]
    assert answer["credits"] == 1
    run = await shared.ended(somebody, answer["id"])
    assert run["credits"]["captured"] == 1
    made = asked(shared, answer["id"])
    assert (made["enhance"], made["speak"], made["generate"], made["kit"]) == (0, 1, 1, 1)


async def test_what_comes_out_the_same_again_is_not_paid_for_twice(shared: Any, somebody: Identity) -> None:
    """The photo is improved anew, to the same bytes: so the video is the one that is there, and costs nothing."""
    first = await a_completed_run(shared, somebody)
    answer = (await rerun(shared, somebody, first["id"], enhancement_type="vivid")).json()
    assert (steps_of(answer, "made")[0], answer["credits"]) == ("enhance", 1)
    run = await shared.ended(somebody, answer["id"])
    assert asked(shared, answer["id"]) == {"enhance": 1}
    assert (run["credits"]["captured"], run["status"]) == (0, "completed")
    assert Decimal(run["actual_cost"]) == Decimal("0.01")


async def test_another_platform_alone_is_made_beside_those_that_are_there(shared: Any, somebody: Identity) -> None:
    first = await a_completed_run(shared, somebody)
    platforms = ["instagram", "youtube", "tiktok"]
    answer = (await rerun(shared, somebody, first["id"], target_platforms=platforms)).json()
    assert {"step": "renditions", "parts": ["tiktok"]} in answer["made"]
    run = await shared.ended(somebody, answer["id"])
    assert asked(shared, answer["id"]) == {"rendition tiktok": 1, "kit": 1}
    assert {f"rendition_{platform}" for platform in platforms} <= set(run["results"])


async def test_another_take_of_the_same_is_another_one(shared: Any, somebody: Identity) -> None:
    """And its descendants know it again: a rerun of a rerun uses its film."""
    first = await a_completed_run(shared, somebody)
    answer = (await rerun(shared, somebody, first["id"], "generate")).json()
    assert steps_of(answer, "made") == ["generate", "renditions", "kit"]
    run = await shared.ended(somebody, answer["id"])
    jobs = [job for job in shared.others.asked(SubmitJob) if job.capability == "video_generation"]
    seeds = {str(job.run_id): job.parameters.get("seed") for job in jobs}
    assert seeds[first["id"]] is None and seeds[answer["id"]] is not None
    third = (await rerun(shared, somebody, run["id"], "kit")).json()
    assert steps_of(third, "made") == ["kit"]
    assert (await shared.ended(somebody, third["id"]))["parent_id"] == run["id"]


async def test_a_draft_is_finished_with_the_better_providers(shared: Any, somebody: Identity) -> None:
    draft = await a_completed_run(shared, somebody, quality_preference="economy")
    answer = (await rerun(shared, somebody, draft["id"], quality_preference="premium")).json()
    await shared.ended(somebody, answer["id"])
    jobs = [job for job in shared.others.asked(SubmitJob) if str(job.run_id) == answer["id"]]
    assert {job.quality for job in jobs} == {"premium"} and jobs


async def test_only_ones_own_and_only_what_is_completed_and_there(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    first = await a_completed_run(shared, somebody)

    async def refusal(run_id: str, *arguments: Any, who: Identity = somebody, **changes: Any) -> tuple[int, str]:
        reply = await rerun(shared, who, run_id, *arguments, **changes)
        return reply.status_code, reply.json()["error"]["code"]

    assert await refusal(first["id"], "kit", who=help_.an_identity()) == (404, "workflow_not_found")
    assert await refusal(str(ids.uuid7()), "kit") == (404, "workflow_not_found")
    assert await refusal(first["id"], "reserve") == (422, "step_unknown")
    assert await refusal(first["id"]) == (409, "nothing_to_make")
    assert await refusal(first["id"], script="   ") == (422, "script_not_allowed")
    assert await refusal(first["id"], max_credits=0, script="Other words.") == (402, "budget_exceeded")
    assert await refusal(first["id"], input_file_id=str(ids.uuid7())) == (422, "file_not_usable")
    assert await refusal(first["id"], target_platforms=["myspace"]) == (422, "invalid")

    await shared.call(somebody, "DELETE", f"/api/v1/files/{first['input_file_id']}")
    assert await refusal(first["id"], "enhance") == (409, "results_removed"), "the photo is needed, and gone"
    without = (await rerun(shared, somebody, first["id"], "speak")).json()
    assert (await shared.ended(somebody, without["id"]))["status"] == "completed", "the improved photo is there"

    await shared.execute("UPDATE runs SET cleaned_at = now() WHERE id = $1", first["id"])
    assert await refusal(first["id"], "kit") == (409, "results_removed")
    await shared.execute("UPDATE runs SET cleaned_at = NULL, status = 'failed' WHERE id = $1", first["id"])
    assert await refusal(first["id"], "kit") == (409, "workflow_state"), "what was not paid for is nobody's"


async def test_a_key_stands_for_one_rerun(shared: Any, somebody: Identity) -> None:
    first = await a_completed_run(shared, somebody)
    replies = [await rerun(shared, somebody, first["id"], "kit", headers={"Idempotency-Key": "again"}) for _ in "ab"]
    assert replies[0].json()["id"] == replies[1].json()["id"]
    assert [reply.headers.get("Idempotency-Replayed") for reply in replies] == [None, "true"]
    other = await rerun(shared, somebody, first["id"], "renditions", headers={"Idempotency-Key": "again"})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")


async def test_the_history_of_a_rerun_replays_to_its_state(shared: Any, somebody: Identity) -> None:
    first = await a_completed_run(shared, somebody)
    answer = (await rerun(shared, somebody, first["id"], "renditions")).json()
    await shared.ended(somebody, answer["id"])
    [row] = await shared.fetch("SELECT *, state::text AS text FROM runs WHERE id = $1", answer["id"])
    rows = await shared.fetch(
        "SELECT at, signal::text AS signal FROM run_history WHERE run_id = $1 ORDER BY number", row["id"]
    )
    brief = Brief(**{name: row[name] for name in Brief._fields if name != "input"}, input=_input(row["input"]))
    definition = shared.definitions.of(row["definition"], row["version"])
    history = [(load_signal(one["signal"]), one["at"]) for one in rows]
    assert replay(definition, brief, history) == load_state(row["text"])


def _input(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


@pytest.mark.parametrize("late", [False, True])
async def test_an_input_is_used_again_only_within_its_time(shared: Any, somebody: Identity, late: bool) -> None:
    first = await a_completed_run(shared, somebody)
    moment = SystemClock().now() + (timedelta(hours=-1) if late else timedelta(hours=1))
    await shared.execute("UPDATE files SET expires_at = $2 WHERE id = $1", first["input_file_id"], moment)
    reply = await rerun(shared, somebody, first["id"], "enhance")
    assert reply.status_code == (409 if late else 202)
