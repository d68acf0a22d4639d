"""Owners who want to be asked on the way: shown what there is, waited for, and taken at their word beforehand."""

from __future__ import annotations

import io
import wave
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from chassis.identity.tokens import Identity
from contracts.ai_router import SubmitJob

ASKED = {"after_enhance": {"within_minutes": 60, "otherwise": "cancel"}}


async def status(world: Any, who: Identity, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await world.call(who, "GET", f"/api/v1/workflows/{run_id}/status")).json()
    return found


async def asking(world: Any, who: Identity, approvals: dict[str, Any], step: str) -> str:
    reply = await world.order(who, approvals=approvals)
    assert reply.status_code == 202, reply.text
    run_id: str = reply.json()["id"]
    await world.until(who, run_id, lambda d: (d["approval"] or {}).get("step") == step)
    return run_id


async def decide(world: Any, who: Identity, run_id: str, step: str, approved: bool = True) -> Any:
    path = f"/api/v1/workflows/{run_id}/approvals/{step}"
    return await world.call(who, "POST", path, json={"approved": approved})


async def test_it_is_shown_and_goes_on_when_it_is_approved(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    await shared.store.put_bytes(help_.ENHANCED, "test/enhanced.jpg", "image/jpeg")
    await shared.store.put_bytes(help_.SPOKEN, "test/speech.wav", "audio/wav")
    both = {**ASKED, "before_generate": {}}
    run_id = await asking(shared, somebody, both, "after_enhance")
    found = await status(shared, somebody, run_id)
    assert found["approval"]["otherwise"] == "cancel"
    where = found["approval"]["shows"]["enhanced_image"]
    seen = await shared.call(somebody, "GET", where)
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg"), seen.text
    assert max(cv2.imdecode(np.frombuffer(seen.content, np.uint8), cv2.IMREAD_COLOR).shape) <= 480, "not what is sold"
    assert (await shared.call(help_.an_identity(), "GET", where)).status_code == 404
    assert (await shared.call(somebody, "GET", f"{where}s")).status_code == 404
    assert (await shared.call(somebody, "GET", where.replace("after_enhance", "before_generate"))).status_code == 409
    assert found["waiting_for"].startswith("your approval of the improved photo, until ")
    assert not [
        j for j in shared.others.asked(SubmitJob) if str(j.run_id) == run_id and j.capability == "video_generation"
    ]

    assert (await decide(shared, help_.an_identity(), run_id, "after_enhance")).status_code == 404
    assert (await decide(shared, somebody, run_id, "before_generate")).status_code == 409, "not yet"
    assert (await decide(shared, somebody, run_id, "nonsense")).status_code == 409
    for _ in range(2):
        assert (await decide(shared, somebody, run_id, "after_enhance")).status_code == 202
    shown = await shared.until(somebody, run_id, lambda d: (d["approval"] or {}).get("step") == "before_generate")
    assert {"enhanced_image", "audio"} <= set(shown["approval"]["shows"])
    heard = await shared.call(somebody, "GET", shown["approval"]["shows"]["audio"])
    with wave.open(io.BytesIO(heard.content)) as speech:
        assert (speech.getnchannels(), speech.getframerate()) == (1, 8000), "as by telephone"
        assert speech.getnframes() == pytest.approx(8000, rel=0.02), "a second of it"
    await decide(shared, somebody, run_id, "before_generate")
    run = await shared.ended(somebody, run_id)
    assert (run["status"], run["credits"]["captured"], run["approval"]) == ("completed", 1, None)
    assert {"after_enhance", "before_generate"} <= {step["name"] for step in run["steps"]}


async def test_who_says_no_gets_the_credits_back(shared: Any, somebody: Identity) -> None:
    run_id = await asking(shared, somebody, ASKED, "after_enhance")
    assert (await decide(shared, somebody, run_id, "after_enhance", approved=False)).status_code == 202
    run = await shared.ended(somebody, run_id)
    assert (run["status"], run["credits"]) == ("cancelled", {"held": 0, "captured": 0, "returned": True})


@pytest.mark.parametrize(("otherwise", "ends"), [("continue", "completed"), ("cancel", "cancelled")])
async def test_without_a_decision_it_does_what_the_order_says_and_tells(
    shared: Any, somebody: Identity, otherwise: str, ends: str
) -> None:
    run_id = await asking(
        shared, somebody, {"after_enhance": {"within_minutes": 1, "otherwise": otherwise}}, "after_enhance"
    )
    await shared.execute(
        'UPDATE runs SET wake_at = now(), state = regexp_replace(state::text, \'"due":"[^"]*"\', '
        '\'"due":"2026-01-01T00:00:00Z"\')::json WHERE id = $1',
        run_id,
    )
    run = await shared.ended(somebody, run_id)
    assert run["status"] == ends
    assert ["Nobody decided in time" in one["text"] for one in run["interventions"]] == [True]


async def test_one_is_only_asked_where_one_can_be(shared: Any, somebody: Identity) -> None:
    reply = await shared.order(somebody, approvals={"after_capture": {}})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "approval_unknown")
    assert reply.json()["error"]["fields"] == {"approvals": "one of after_enhance, before_generate"}
    run_id = (await shared.order(somebody)).json()["id"]
    run = await shared.ended(somebody, run_id)
    assert not {"after_enhance", "before_generate"} & {step["name"] for step in run["steps"]}


async def test_who_is_thinking_takes_nobodys_place_and_gets_one_back(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    world = await start_world(max_processing=1, timer_poll_s=0.05)
    mine = await asking(world, somebody, ASKED, "after_enhance")
    other = help_.an_identity()
    world.others.mute = {SubmitJob}
    theirs = (await world.order(other)).json()
    assert theirs["status"] == "processing", "nothing is done while its owner thinks"
    decided = (await decide(world, somebody, mine, "after_enhance")).json()
    assert (decided["status"], decided["position"]) == ("pending", 1)
    assert decided["begins_in"]["least_s"] <= decided["begins_in"]["most_s"]
    world.others.mute = set()
    await world.call(other, "POST", f"/api/v1/workflows/{theirs['id']}/cancel")
    assert (await world.ended(somebody, mine))["status"] == "completed"
