"""The result cache: the same question of the same user, answered without work and without cost (AIR-50)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_router.jobs.cache import key_of
from chassis import ids
from chassis.messaging.consumer import wait_until
from contracts.ai_router import JobCompleted, SubmitJob
from contracts.enums import Capability
from contracts.objects import StoredObject


@pytest.fixture
def photo() -> StoredObject:
    return StoredObject(key="images/p.jpg", sha256="a" * 64, size=4, mime_type="image/jpeg")


async def test_the_same_question_is_answered_from_the_cache(
    start_router: Any, a_job: Any, painter: Any, judge: Any, photo: StoredObject
) -> None:
    """One call; the second answer is marked and costs nothing."""
    local = painter("local")
    router = await start_router({"local_upscaler": local}, validator=judge())
    await router.store.put_bytes(b"result", "images/result.jpg", "image/jpeg")
    user = ids.uuid7()
    jobs = [a_job(user_id=user, inputs={"image": photo}, parameters={"strength": 1}) for _ in range(2)]
    await router.tell(jobs[0])
    first = await router.wait_for(JobCompleted, jobs[0].job_id)
    await router.tell(jobs[1])
    second = await router.wait_for(JobCompleted, jobs[1].job_id)
    assert (first.cache_hit, second.cache_hit, len(local.calls)) == (False, True, 1)
    assert second.outputs == first.outputs
    assert not first.repeatable and not second.repeatable
    assert (second.score, second.cost, second.run_id) == (first.score, 0, jobs[1].run_id)
    (row,) = await router.fetch("SELECT * FROM ai_jobs WHERE cache_hit")
    assert (row["id"], row["status"]) == (jobs[1].job_id, "completed")


@pytest.mark.parametrize(
    "change",
    ["another user", "other bytes", "other parameters", "excluded", "better wanted", "file gone", "expired"],
)
async def test_what_is_not_the_same_question_is_worked_on(
    start_router: Any, a_job: Any, painter: Any, judge: Any, photo: StoredObject, change: str
) -> None:
    """Each of these must not be answered from the cache."""
    local = painter("local")
    router = await start_router({"local_upscaler": local, "noop": painter("noop")}, validator=judge())
    await router.store.put_bytes(b"result", "images/result.jpg", "image/jpeg")
    fields: dict[str, Any] = {"user_id": ids.uuid7(), "inputs": {"image": photo}, "prefer": "local_upscaler"}
    first = a_job(**fields)
    await router.tell(first)
    await router.wait_for(JobCompleted, first.job_id)
    match change:
        case "another user":
            fields["user_id"] = ids.uuid7()
        case "other bytes":
            fields["inputs"] = {"image": photo.model_copy(update={"sha256": "b" * 64})}
        case "other parameters":
            fields["parameters"] = {"strength": 0.5}
        case "excluded":
            fields["exclude"] = ("local_upscaler",)
        case "better wanted":
            fields["minimum_score"] = 9.5
        case "file gone":
            await router.store.delete("images/result.jpg")
        case "expired":
            await router.execute("UPDATE result_cache SET expires_at = now() - interval '1 second'")
    second = a_job(**fields)
    await router.tell(second)
    done = await router.wait_for(JobCompleted, second.job_id)
    assert not done.cache_hit


async def test_a_better_provider_is_not_hidden_by_the_cache(
    start_router: Any, a_job: Any, painter: Any, judge: Any, photo: StoredObject
) -> None:
    """What the local provider made while nobody else could is not an answer once somebody better can."""
    banana = painter("nano_banana")
    router = await start_router({"local_upscaler": painter("local"), "nano_banana": banana}, validator=judge())
    await router.store.put_bytes(b"result", "images/result.jpg", "image/jpeg")
    fields: dict[str, Any] = {"user_id": ids.uuid7(), "inputs": {"image": photo}}
    poor, rich = a_job(**fields, budget=0), a_job(**fields)
    await router.tell(poor)
    assert (await router.wait_for(JobCompleted, poor.job_id)).provider == "local_upscaler"
    await router.tell(rich)
    assert (await router.wait_for(JobCompleted, rich.job_id)).provider == "nano_banana"
    again = a_job(**fields)
    await router.tell(again)
    await wait_until(lambda: bool(router.events(JobCompleted, again.job_id)), timeout_s=10)
    assert len(banana.calls) == 2, "paid work is not deterministic and is not cached"


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=5), st.randoms())
def test_the_key_does_not_depend_on_the_order_of_parameters(parameters: dict[str, Any], shuffle: Any) -> None:
    """Equal questions have equal keys, and different ones different keys."""
    fixed: dict[str, Any] = {
        "job_id": ids.uuid7(),
        "user_id": ids.uuid7(),
        "product_line": "talkingphoto",
        "capability": Capability.IMAGE_UPSCALE,
        "deadline": datetime(2026, 1, 1, tzinfo=UTC),
    }
    names = list(parameters)
    shuffle.shuffle(names)
    one = SubmitJob(**fixed, parameters=parameters)
    other = SubmitJob(**{**fixed, "job_id": ids.uuid7()}, parameters={name: parameters[name] for name in names})
    setup = {"en": "/voices/a.onnx"}
    assert key_of(one, {}) == key_of(other, {})
    assert key_of(one, setup) == key_of(other, dict(setup)) != key_of(one, {})
    changed = SubmitJob(**fixed, parameters={**parameters, "factor": "x" * 20})
    assert key_of(changed, {}) != key_of(one, {})
