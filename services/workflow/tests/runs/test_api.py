"""What the endpoints take, answer and refuse."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.ai_router import CancelJob, JobFailed, SubmitJob
from contracts.billing import EntitlementsChanged, ReleaseCredits, ReserveCredits
from contracts.enums import Capability, Priority
from contracts.export import KitFailed
from contracts.product_lines import PRODUCT_LINES
from contracts.users import UserUpdated
from contracts.workflow import RunCancelled, RunCreated, RunFailed


def entitlements(who: Identity, used: int, version: int = 1, **changes: Any) -> EntitlementsChanged:
    return EntitlementsChanged(
        **{
            "user_id": who.user_id,
            "product_line": "talkingphoto",
            "plan": "free",
            "limits": {"workflows": 3},
            "used": {"workflows": used},
            "features": {},
            "priority": Priority.LOW,
            "run_budget": Decimal("0.10"),
            "credits_available": 3 - used,
            "upgrades": {"workflows": ("starter", "pro", "enterprise")},
            "version": version,
            **changes,
        }
    )


def job_failed(capability: Capability, *, retryable: bool) -> JobFailed:
    return JobFailed(
        job_id=ids.uuid7(),
        user_id=ids.uuid7(),
        capability=capability,
        failure="transient",
        code="provider_down",
        message="The provider is down.",
        retryable=retryable,
        attempts=1,
        tried=("first",),
        cost=Decimal("0.0010"),
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"script": "   "}, "script_not_allowed"),
        ({"script": "x" * 5001}, "script_not_allowed"),
        ({"script": "<" * 8_000}, "script_not_allowed"),
        ({"script": "<" * 100_000}, "script_not_allowed"),
        ({"script": "<script>alert(1)</script>"}, "script_not_allowed"),
        ({"script": "\u200b\ufeff"}, "script_not_allowed"),
        ({"script": "\U0001f600 \U0001f44d"}, "script_not_allowed"),
        ({"script": "... ?!"}, "script_not_allowed"),
        ({"script": "Hi\0 there"}, "invalid"),
        ({"script": "<img src=x onerror=alert(1)>"}, "script_not_allowed"),
        ({"script": "你好世界"}, "script_not_allowed"),
        ({"script": "Hello world", "script_language": "hi"}, "script_not_allowed"),
        ({"script": "&lt;script&gt;"}, "script_not_allowed"),
        ({"script": "<b></b>"}, "script_not_allowed"),
        ({"script_language": "xx"}, "invalid"),
        ({"target_duration": 0}, "invalid"),
        ({"target_duration": 61}, "invalid"),
        ({"target_platforms": []}, "invalid"),
        ({"target_platforms": ["myspace"]}, "invalid"),
        ({"workflow_type": "opera"}, "invalid"),
        ({"voice": "robot"}, "invalid"),
        ({"status": "completed"}, "invalid"),
        ({"user_id": str(ids.uuid7())}, "invalid"),
        ({"input_file_id": str(ids.uuid7())}, "file_not_usable"),
        ({"input_file_id": "nonsense"}, "invalid"),
        ({"title": "x" * 256}, "invalid"),
    ],
)
async def test_a_bad_order_is_refused_and_makes_no_run(
    shared: Any, somebody: Identity, changes: dict[str, Any], code: str
) -> None:
    reply = await shared.order(somebody, **changes)
    assert reply.status_code == 422, reply.text
    assert reply.json()["error"]["code"] == code
    assert (await shared.call(somebody, "GET", "/api/v1/workflows")).json()["total"] == 0


async def test_an_estimate_refuses_signs_alone_like_an_order(shared: Any, somebody: Identity) -> None:
    estimate = await shared.call(somebody, "POST", "/api/v1/workflows/estimate", json={"script": "\U0001f600"})
    order = await shared.order(somebody, script="\U0001f600")
    assert (estimate.status_code, order.status_code) == (422, 422)
    assert estimate.json()["error"]["fields"] == order.json()["error"]["fields"] == {"script": "has no word to speak"}


async def test_a_type_that_is_not_offered_is_refused(shared: Any, somebody: Identity) -> None:
    assert (await shared.order(somebody, workflow_type="clip_trim")).status_code == 409


@pytest.mark.parametrize("line", ["reely", "filmstudio", "pixie"])
async def test_an_order_of_another_lines_product_is_refused_and_makes_no_run(
    shared: Any, help_: SimpleNamespace, line: str
) -> None:
    who = help_.an_identity(product_line=line)
    reply = await shared.order(who)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (409, "product_of_another_line")
    assert (error["details"]["product_line"], set(error["fields"])) == ("talkingphoto", {"workflow_type"})
    assert "talkingphoto" in error["message"]
    assert (await shared.call(who, "GET", "/api/v1/workflows")).json()["total"] == 0


async def test_an_order_in_a_line_without_plans_is_refused(
    shared: Any, help_: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRODUCT_LINES, "pixie", replace(PRODUCT_LINES["pixie"], plans=()))
    reply = await shared.order(help_.an_identity(product_line="pixie"))
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "product_line_not_offered")


async def test_an_order_is_in_the_line_of_its_session_whatever_its_headers_say(shared: Any, somebody: Identity) -> None:
    headers = {"X-Product-Line": "pixie", "X-Internal-Product-Line": "pixie"}
    accepted = await shared.order(somebody, headers=headers)
    assert accepted.status_code == 202
    run = await shared.ended(somebody, accepted.json()["id"])
    assert (run["product_line"], run["status"]) == ("talkingphoto", "completed")


async def test_html_is_stripped_from_what_is_stored(shared: Any, somebody: Identity) -> None:
    run_id = (await shared.order(somebody, script="Hello <b>there</b>, 1 < 2.", title="<i>Me</i>")).json()["id"]
    run = await shared.ended(somebody, run_id)
    assert run["input"]["script"] == "Hello there, 1 < 2."
    assert run["title"] == "Me"


async def test_what_was_taken_out_of_a_script_is_said(shared: Any, somebody: Identity) -> None:
    """And only that is taken out: words that would be code elsewhere are words here."""
    script = "If x<y, exec ('x') <b>now</b> and write to <bob@example.com>.<script>alert(1)</script>"
    accepted = (await shared.order(somebody, script=script)).json()
    assert accepted["warnings"] == ["HTML was removed from the script: <b>, <script>."]
    run = await shared.ended(somebody, accepted["id"])
    assert run["input"]["script"] == "If x<y, exec ('x') now and write to <bob@example.com>."
    assert (await shared.order(somebody)).json()["warnings"] == []


async def test_a_script_in_another_writing_is_refused_with_the_language_to_choose(
    shared: Any, somebody: Identity
) -> None:
    reply = await shared.order(somebody, script="你好世界")
    assert reply.json()["error"]["message"].endswith("Choose the language zh.")
    assert (await shared.order(somebody, script="你好世界", script_language="zh")).status_code == 202


@pytest.mark.parametrize(
    ("script", "language", "advice"),
    [
        ("नमस्ते, मैं बोल सकती हूँ।", "en", "Choose the language hi."),
        ("こんにちは、世界。", "en", "Choose the language ja."),
        ("안녕하세요, 여러분.", "en", "Choose the language ko."),
        ("你好，世界。", "de", "Choose the language zh."),
        ("Hello, everybody.", "hi", "Choose the language en, es, fr or de."),
    ],
)
async def test_an_estimate_refuses_another_writing_like_an_order(
    shared: Any, somebody: Identity, script: str, language: str, advice: str
) -> None:
    body = {"script": script, "script_language": language}
    estimate = await shared.call(somebody, "POST", "/api/v1/workflows/estimate", json=body)
    assert (estimate.status_code, estimate.json()["error"]["code"]) == (422, "script_not_allowed")
    assert estimate.json()["error"]["message"].endswith(advice)
    order = await shared.order(somebody, **body)
    assert order.json()["error"]["message"] == estimate.json()["error"]["message"]


async def test_words_of_another_language_are_noticed(shared: Any, somebody: Identity) -> None:
    """In an estimate and in an order; it may be meant, so it is made."""
    script = "Guten Morgen, ich freue mich, dass Sie hier sind."
    expected = [
        "The script looks like German and will be read by the English voice. If that is not meant, order it with the "
        "script language de."
    ]
    estimate = await shared.call(somebody, "POST", "/api/v1/workflows/estimate", json={"script": script})
    assert estimate.json()["warnings"] == expected
    order = await shared.order(somebody, script=script)
    assert (order.status_code, order.json()["warnings"]) == (202, expected)
    assert (await shared.order(somebody, script=script, script_language="de")).json()["warnings"] == []


async def test_nobody_sees_or_touches_what_belongs_to_somebody_else(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    run_id = (await shared.order(somebody)).json()["id"]
    await shared.ended(somebody, run_id)
    other = help_.an_identity()
    for method, path in (
        ("GET", ""),
        ("GET", "/status"),
        ("GET", "/download"),
        ("POST", "/retry"),
        ("POST", "/cancel"),
    ):
        reply = await shared.call(other, method, f"/api/v1/workflows/{run_id}{path}")
        unknown = await shared.call(other, method, f"/api/v1/workflows/{ids.uuid7()}{path}")
        assert reply.status_code == unknown.status_code == 404, path
        assert reply.json()["error"]["code"] == unknown.json()["error"]["code"] == "workflow_not_found"
    for path in ("/history", "/undo", "/unpark"):
        method = "GET" if path == "/history" else "POST"
        assert (await shared.call(somebody, method, f"/api/v1/workflows/{run_id}{path}")).status_code == 403
    assert (await shared.call(other, "GET", "/api/v1/workflows")).json()["items"] == []
    file_id = (await shared.upload(somebody)).json()["id"]
    stolen = await shared.order(other, input_file_id=file_id)
    assert stolen.json()["error"]["code"] == "file_not_usable"
    assert (await shared.http.get(f"/api/v1/workflows/{run_id}")).status_code == 401
    operator = help_.an_identity(role="admin")
    assert (await shared.call(operator, "GET", f"/api/v1/workflows/{run_id}")).status_code == 200
    history = (await shared.call(operator, "GET", f"/api/v1/workflows/{run_id}/history")).json()["items"]
    assert [entry["number"] for entry in history] == list(range(1, len(history) + 1))


async def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    file_id = (await shared.upload(somebody)).json()["id"]
    headers = {"Idempotency-Key": "order-1"}
    replies = await asyncio.gather(*(shared.order(somebody, input_file_id=file_id, headers=headers) for _ in range(8)))
    assert {reply.status_code for reply in replies} == {202}
    assert len({reply.text for reply in replies}) == 1
    assert (await shared.call(somebody, "GET", "/api/v1/workflows")).json()["total"] == 1
    changed = await shared.order(somebody, input_file_id=file_id, headers=headers, script="Other.")
    assert changed.status_code == 422
    assert changed.json()["error"]["code"] == "idempotency_key_reused"
    other = help_.an_identity()
    assert (await shared.order(other, headers=headers)).json()["id"] != replies[0].json()["id"]
    run_id = replies[0].json()["id"]
    await shared.ended(somebody, run_id)
    assert len([e for e in shared.published if isinstance(e, RunCreated) and str(e.run_id) == run_id]) == 1


async def test_a_key_is_forgotten_after_a_day(shared: Any, somebody: Identity) -> None:
    headers = {"Idempotency-Key": "yesterday"}
    first = (await shared.order(somebody, headers=headers)).json()["id"]
    async with shared.database.connection() as connection:
        await connection.execute(
            "UPDATE idempotency_keys SET created_at = created_at - interval '25 hours' WHERE user_id = $1",
            somebody.user_id,
        )
    second = await shared.order(somebody, headers=headers, script="Another day.")
    assert second.status_code == 202
    assert second.json()["id"] != first


async def test_a_refusal_that_is_known_makes_no_run_and_names_what_would_help(shared: Any, somebody: Identity) -> None:
    anew = datetime.now(UTC) + timedelta(days=1)
    await shared.publish(entitlements(somebody, used=3, period_ends_at=anew))
    reply = await shared.order(somebody)
    assert reply.status_code == 402
    error = reply.json()["error"]
    assert (error["details"]["limit"], error["details"]["used"]) == (3, 3)
    assert error["details"]["upgrade_to"] == ["starter", "pro", "enterprise"]
    assert datetime.fromisoformat(error["details"]["anew_at"]) == anew
    assert f"{anew:%d %B %Y}" in error["message"]
    await shared.publish(entitlements(somebody, used=0, version=0))
    assert (await shared.order(somebody)).status_code == 402, "an older message replaced a newer one"
    await shared.publish(entitlements(somebody, used=2, version=2))
    assert (await shared.order(somebody)).status_code == 202


async def test_a_month_that_is_over_refuses_nobody(shared: Any, somebody: Identity) -> None:
    """Billing begins the new month with the next reservation, so that one must reach it."""
    await shared.publish(entitlements(somebody, used=3, period_ends_at=datetime.now(UTC) + timedelta(days=1)))
    assert (await shared.order(somebody)).status_code == 402
    await shared.publish(entitlements(somebody, used=3, version=2, period_ends_at=datetime.now(UTC)))
    assert (await shared.order(somebody)).status_code == 202


@pytest.mark.parametrize(
    ("captions", "field"),
    [
        ("x", "captions"),
        (3, "captions"),
        (["files"], "captions"),
        ({"instagram": "x"}, "captions.instagram"),
        ({"tiktok": None}, "captions.tiktok"),
        ({"myspace": "burned"}, "captions.myspace"),
    ],
)
async def test_what_is_wrong_with_captions_is_named_as_it_was_sent(
    shared: Any, somebody: Identity, captions: Any, field: str
) -> None:
    refused = await shared.order(somebody, captions=captions)
    assert refused.status_code == 422
    assert list(refused.json()["error"]["fields"]) == [field]


async def test_bought_credits_pay_beyond_the_months_limit(shared: Any, somebody: Identity) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    await shared.publish(entitlements(somebody, used=3, period_ends_at=soon, credits_bought=1))
    assert (await shared.order(somebody)).status_code == 202
    await shared.publish(entitlements(somebody, used=3, version=2, period_ends_at=soon, credits_bought=0))
    assert (await shared.order(somebody)).status_code == 402


async def test_a_refusal_that_comes_later_fails_the_run_with_its_reason(world: Any, somebody: Identity) -> None:
    world.others.refuse = True
    run_id = (await world.order(somebody)).json()["id"]
    run = await world.ended(somebody, run_id)
    assert run["status"] == "failed"
    assert run["error"]["code"] == "quota_exceeded"
    assert run["error"]["details"]["upgrade_to"] == ["starter"]
    assert run["credits"] == {"held": 0, "captured": 0, "returned": True}
    assert not world.others.asked(SubmitJob)
    assert not world.others.asked(ReleaseCredits)


async def test_an_inactive_account_makes_nothing(shared: Any, somebody: Identity) -> None:
    await shared.publish(UserUpdated(user_id=somebody.user_id, email="a@b.c", is_active=False, version=3))
    assert (await shared.order(somebody)).status_code == 403
    await shared.publish(UserUpdated(user_id=somebody.user_id, email="a@b.c", is_active=True, version=2))
    assert (await shared.order(somebody)).status_code == 403
    await shared.publish(UserUpdated(user_id=somebody.user_id, email="a@b.c", is_active=True, version=4))
    assert (await shared.order(somebody)).status_code == 202


async def test_cancelling_stops_the_work_and_gives_the_credits_back(world: Any, somebody: Identity) -> None:
    world.others.mute = {SubmitJob}
    run_id = (await world.order(somebody)).json()["id"]
    going = await world.until(somebody, run_id, lambda d: d["credits"]["held"] == 1)
    assert going["credits"] == {"held": 1, "captured": 0, "returned": False}
    status = (await world.call(somebody, "GET", f"/api/v1/workflows/{run_id}/status")).json()
    assert status["status"] == "processing"
    assert "photo to be improved" in status["waiting_for"]
    assert (await world.call(somebody, "GET", f"/api/v1/workflows/{run_id}/download")).status_code == 409

    cancelled = await world.call(somebody, "POST", f"/api/v1/workflows/{run_id}/cancel")
    assert cancelled.status_code == 202
    answer = cancelled.json()
    assert (answer["stopped"], answer["kept"]) == (["enhance", "speak"], [])
    assert (answer["credits_released"], answer["credits_charged"]) == (1, 0)
    assert Decimal(answer["cost_so_far"]) == 0
    assert Decimal(answer["cost_under_way"]) == Decimal("2"), "what both were handed of the budget"

    run = await world.ended(somebody, run_id)
    assert run["status"] == "cancelled"
    assert run["credits"] == {"held": 0, "captured": 0, "returned": True}
    assert list(world.others.holds.values()) == ["released"]
    assert {c.job_id for c in world.others.asked(CancelJob)} == {c.job_id for c in world.others.asked(SubmitJob)}
    await world.wait_for(lambda: [e for e in world.published if isinstance(e, RunCancelled)])
    assert len([e for e in world.published if isinstance(e, RunCancelled)]) == 1
    assert (await world.call(somebody, "POST", f"/api/v1/workflows/{run_id}/cancel")).status_code == 409


async def test_a_failed_run_can_be_retried_and_does_only_what_is_left(world: Any, somebody: Identity) -> None:
    world.others.fail = {"video_generation": [job_failed(Capability.VIDEO_GENERATION, retryable=False)]}
    run_id = (await world.order(somebody)).json()["id"]
    run = await world.ended(somebody, run_id)
    assert run["error"] == {
        "step": "generate",
        "code": "provider_down",
        "message": "The provider is down.",
        "retryable": False,
        "details": {},
    }
    told = await world.wait_for(lambda: [e for e in world.published if isinstance(e, RunFailed)])
    assert [e.credits_returned for e in told] == [True]

    assert (await world.call(somebody, "POST", f"/api/v1/workflows/{run_id}/retry")).status_code == 202
    run = await world.ended(somebody, run_id)

    assert run["status"] == "completed"
    assert run["round"] == 2
    capabilities = [c.capability for c in world.others.asked(SubmitJob)]
    assert capabilities.count(Capability.IMAGE_ENHANCEMENT) == 1
    assert world.others.asked(SubmitJob)[-1].exclude == ("first",)
    assert len(world.others.asked(ReserveCredits)) == 2
    assert sorted(world.others.holds.values()) == ["captured", "released"]
    assert (await world.call(somebody, "POST", f"/api/v1/workflows/{run_id}/retry")).status_code == 409


async def test_a_failure_that_passes_is_tried_again_by_the_timer(world: Any, somebody: Identity) -> None:
    world.others.fail = {
        "audio_generation": [job_failed(Capability.AUDIO_GENERATION, retryable=True) for _ in range(3)]
    }
    run_id = (await world.order(somebody)).json()["id"]
    run = await world.ended(somebody, run_id)
    assert run["status"] == "completed"
    assert next(step for step in run["steps"] if step["name"] == "speak")["attempts"] == 4


async def test_gates_ask_again_and_warn(world: Any, somebody: Identity) -> None:
    world.others.scores = {"image_enhancement": [7.5, 6.0, 7.0], "video_generation": [7.0, 7.4]}
    run_id = (await world.order(somebody)).json()["id"]
    run = await world.ended(somebody, run_id)
    assert run["status"] == "completed"
    assert run["low_quality"] is True
    assert run["warnings"] == [
        "The photo could not be improved as far as it should be.",
        "The video's quality is below what we aim for.",
        "The credits for this video were not charged. The credits are not held any more.",
        "The overall quality is below what we aim for.",
    ]
    assert run["image_quality_score"] == "7.50"
    assert run["video_quality_score"] == "7.40"
    assert run["overall_quality_score"] == "7.45"
    enhance = next(step for step in run["steps"] if step["name"] == "enhance")
    assert [(r["provider"], r["score"], r["used"]) for r in enhance["results"]] == [
        ("first", 7.5, True),
        ("first", 6.0, False),
        ("second", 7.0, False),
    ]
    asked = world.others.asked(SubmitJob)
    videos = [c.exclude for c in asked if c.capability == Capability.VIDEO_GENERATION]
    assert videos == [(), ("first",)]
    # WFL-32: each job may cost what is left of the run's budget.
    images = [c.budget for c in asked if c.capability == Capability.IMAGE_ENHANCEMENT]
    assert images == sorted(images, reverse=True) and images[0] > images[-1]
    assert Decimal(run["actual_cost"]) == Decimal("0.01") * len(asked)


async def test_a_kit_that_cannot_be_packed_is_a_warning(world: Any, somebody: Identity) -> None:
    failure = KitFailed(kit_id=ids.uuid7(), run_id=ids.uuid7(), code="full", message="No room.", retryable=True)
    world.others.fail = {"kit": [failure] * 4}
    run_id = (await world.order(somebody)).json()["id"]
    run = await world.ended(somebody, run_id)
    assert run["status"] == "completed"
    assert run["warnings"] == ["The export kit could not be packed. No room."]
    assert "kit" not in run["results"]
    assert list(world.others.holds.values()) == ["captured"]


async def test_results_can_be_downloaded_until_they_are_removed(shared: Any, somebody: Identity) -> None:
    run_id = (await shared.order(somebody)).json()["id"]
    await shared.ended(somebody, run_id)
    path = f"/api/v1/workflows/{run_id}/download"
    reply = await shared.call(somebody, "GET", path)
    assert reply.status_code == 200
    assert reply.json()["filename"] == "avatar_presentation-video.mp4"
    redirect = await shared.call(somebody, "GET", f"{path}?redirect=true&result=kit")
    assert redirect.status_code == 302
    assert "kit.zip" in redirect.headers["location"]
    assert (await shared.call(somebody, "GET", f"{path}?result=opera")).status_code == 404
    async with shared.database.connection() as connection:
        await connection.execute("UPDATE runs SET cleaned_at = now() WHERE id = $1", run_id)
    assert (await shared.call(somebody, "GET", path)).status_code == 410


async def test_lists_are_paged_filtered_and_newest_first(shared: Any, somebody: Identity) -> None:
    made = []
    for kind in ("educational", "product_demo", "educational"):
        made.append((await shared.order(somebody, workflow_type=kind)).json()["id"])
        await shared.ended(somebody, made[-1])
    listed = (await shared.call(somebody, "GET", "/api/v1/workflows?per_page=2")).json()
    assert (listed["total"], [item["id"] for item in listed["items"]]) == (3, made[:0:-1])
    filtered = (await shared.call(somebody, "GET", "/api/v1/workflows?workflow_type=educational&fields=id")).json()
    assert filtered["items"] == [{"id": made[2]}, {"id": made[0]}]
    for query, total in (
        ("status=completed", 3),
        ("status=failed", 0),
        ("product_line=reely", 0),
        ("created_before=2020-01-01T00:00:00Z", 0),
        ("created_from=2020-01-01T00:00:00Z", 3),
    ):
        assert (await shared.call(somebody, "GET", f"/api/v1/workflows?{query}")).json()["total"] == total, query


async def test_an_estimate_starts_nothing(shared: Any, somebody: Identity) -> None:
    reply = await shared.call(somebody, "POST", "/api/v1/workflows/estimate", json={"target_duration": 10})
    told = reply.json()
    assert (told["credits"], told["ahead"], told["warnings"]) == (1, 0, [])
    assert float(told["estimated_cost"]) >= 0 and told["estimated_seconds"] > 0
    assert (await shared.call(somebody, "GET", "/api/v1/workflows")).json()["total"] == 0


async def test_no_more_runs_than_there_are_places_and_high_lanes_first(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    """WFL-35: two places; the third and fourth wait, and the fourth is more important."""
    world = await start_world(max_processing=2)
    world.others.mute = {SubmitJob}
    important = help_.an_identity()
    await world.publish(entitlements(somebody, used=0, limits={"workflows": -1}))
    await world.publish(entitlements(important, used=0, priority=Priority.HIGH, plan="enterprise"))
    first, second, third = [(await world.order(somebody)).json() for _ in range(3)]
    fourth = (await world.order(important)).json()
    assert [r["status"] for r in (first, second, third, fourth)] == ["processing"] * 2 + ["pending"] * 2
    waiting = (await world.call(somebody, "GET", f"/api/v1/workflows/{third['id']}/status")).json()
    assert waiting["position"] == 2
    assert "free place" in waiting["waiting_for"]

    await world.call(somebody, "POST", f"/api/v1/workflows/{first['id']}/cancel")
    await world.until(important, fourth["id"], lambda d: d["status"] == "processing")
    assert (await world.call(somebody, "GET", f"/api/v1/workflows/{third['id']}")).json()["status"] == "pending"
    for run in (third, second):
        await world.call(somebody, "POST", f"/api/v1/workflows/{run['id']}/cancel")
        assert (await world.ended(somebody, run["id"]))["status"] == "cancelled"
