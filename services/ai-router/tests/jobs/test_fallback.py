"""Which provider comes next, what is paid, and what the user is told."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ai_router.catalogue.models import Catalogue
from ai_router.providers.port import FailureClass
from ai_router.routing.choose import choose
from ai_router.routing.router import Inputs
from chassis.messaging.consumer import wait_until
from contracts.ai_router import CostRecorded, FallbackUsed, JobCompleted, JobFailed


async def test_the_primary_does_it_and_its_cost_is_recorded(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """A paid call leaves a call row, one cost event and the catalogue price on the result."""
    banana = painter("nano_banana")
    router = await start_router({"nano_banana": banana}, validator=judge(), options=quick())
    job = a_job()
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.cost, done.attempts) == ("nano_banana", Decimal("0.0390"), 1)
    (cost,) = router.events(CostRecorded)
    assert (cost.cost, cost.units, cost.unit_cost) == (Decimal("0.0390"), Decimal(1), Decimal("0.0390"))
    (call,) = await router.fetch("SELECT * FROM provider_calls")
    assert (call["id"], call["state"], call["paid"]) == (cost.attempt_id, "succeeded", True)
    assert banana.calls == [call["id"]]


async def test_a_failing_provider_is_followed_by_the_next_of_the_chain(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """A transient failure is tried once more, then the chain goes on; every failure is in the call log."""
    banana = painter("nano_banana", script=[FailureClass.TRANSIENT, FailureClass.TRANSIENT])
    ideogram = painter("ideogram")
    router = await start_router({"nano_banana": banana, "ideogram": ideogram}, validator=judge(), options=quick())
    job = a_job()
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.tried, done.attempts) == ("ideogram", ("nano_banana",), 3)
    assert len(banana.calls) == len(set(banana.calls)) == 2
    (fallback,) = router.events(FallbackUsed)
    assert (fallback.failed, fallback.failure, fallback.next_provider) == ("nano_banana", "transient", "ideogram")
    calls = await router.fetch("SELECT provider, state, failure, cost FROM provider_calls ORDER BY attempt")
    assert [tuple(call) for call in calls] == [
        ("nano_banana", "failed", "transient", 0),
        ("nano_banana", "failed", "transient", 0),
        ("ideogram", "succeeded", None, Decimal("0.5000")),
    ]


async def test_a_second_try_of_the_same_provider_is_no_fallback(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """One fallback is told, with the failure that was its reason."""
    ideogram = painter("ideogram", script=[FailureClass.TRANSIENT])
    router = await start_router(
        {"nano_banana": painter("nano_banana", script=[FailureClass.QUOTA]), "ideogram": ideogram},
        validator=judge(),
        options=quick(),
    )
    job = a_job()
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)
    (fallback,) = router.events(FallbackUsed)
    assert (fallback.failed, fallback.failure, fallback.next_provider) == ("nano_banana", "quota", "ideogram")


async def test_with_fallback_switched_off_the_first_failure_ends_the_job(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """``FALLBACK_ENABLED=false``: neither the next in the chain nor the local one is asked (AIR-39)."""
    others = {"ideogram": painter("ideogram"), "local_upscaler": painter("local_upscaler")}
    router = await start_router(
        {"nano_banana": painter("nano_banana", script=[FailureClass.QUOTA]), **others},
        validator=judge(),
        options=quick(),
        settings={"fallback_enabled": False},
    )
    job = a_job()
    await router.tell(job)
    failed = await router.wait_for(JobFailed, job.job_id)
    assert failed.tried == ("nano_banana",)
    assert [other.calls for other in others.values()] == [[], []]


async def test_a_model_is_named_only_to_who_has_it(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """The chain goes on behind the provider whose model was asked for, and the user is told."""
    banana = painter("nano_banana", script=[FailureClass.QUOTA])
    ideogram = painter("ideogram")
    router = await start_router({"nano_banana": banana, "ideogram": ideogram}, validator=judge(), options=quick())
    job, second, odd = (a_job(parameters={"model": model}) for model in ("nano_banana-1", "ideogram-1", ["x"]))
    await router.tell(job)
    assert (await router.wait_for(JobCompleted, job.job_id)).warnings == ("model_ignored",)
    await router.tell(second)
    assert (await router.wait_for(JobCompleted, second.job_id)).warnings == ()
    await router.tell(odd)
    assert (await router.wait_for(JobCompleted, odd.job_id)).warnings == ("model_ignored",)
    assert (banana.models, ideogram.models) == (["nano_banana-1"], [None, "ideogram-1", None])


async def test_a_low_score_tries_the_next_and_the_best_is_kept(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """Nobody reaches the threshold: the best result is taken with a warning, and every call is paid for."""
    router = await start_router(
        {"nano_banana": painter("nano_banana"), "ideogram": painter("ideogram"), "local_upscaler": painter("local")},
        validator=judge({"nano_banana-1": 6.0, "ideogram-1": 6.5, "local-1": 5.0}),
        options=quick(),
    )
    job = a_job()
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.score) == ("ideogram", 6.5)
    assert done.warnings == ("low_quality",)
    assert done.cost == Decimal("0.5390")
    assert len(router.events(CostRecorded)) == 2


async def test_what_is_paid_for_is_used_where_the_next_refuses(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """A result below the threshold is better than a refusal."""
    router = await start_router(
        {
            "nano_banana": painter("nano_banana"),
            "ideogram": painter("ideogram", script=[FailureClass.MODERATION_INPUT]),
        },
        validator=judge({"nano_banana-1": 6.5}),
        options=quick(),
    )
    job = a_job()
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.warnings) == ("nano_banana", ("low_quality",))


async def test_refused_content_fails_at_once(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """Nobody else is asked to do what one provider refused the user."""
    ideogram = painter("ideogram")
    router = await start_router(
        {"nano_banana": painter("nano_banana", script=[FailureClass.MODERATION_INPUT]), "ideogram": ideogram},
        validator=judge(),
        options=quick(),
    )
    job = a_job()
    await router.tell(job)
    failed = await router.wait_for(JobFailed, job.job_id)
    assert (failed.failure, failed.retryable, ideogram.calls) == ("moderation_input", False, [])
    assert failed.message == "words for moderation_input"


@pytest.mark.parametrize("failure", [FailureClass.AUTH, FailureClass.QUOTA])
async def test_no_key_and_no_quota_open_the_breaker_at_once(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any, failure: FailureClass
) -> None:
    """The next job does not ask a provider that cannot say yes."""
    banana = painter("nano_banana", script=[failure])
    router = await start_router(
        {"nano_banana": banana, "ideogram": painter("ideogram")}, validator=judge(), options=quick()
    )
    for _ in range(2):
        job = a_job()
        await router.tell(job)
        assert (await router.wait_for(JobCompleted, job.job_id)).provider == "ideogram"
    assert len(banana.calls) == 1
    await router.eventually("SELECT capability FROM breakers WHERE opened_until > now()", ["*"])
    caller = {"Authorization": f"Bearer {job.user_id}"}
    services = (await router.http.get("/api/v1/ai/services/health", headers=caller)).json()["services"]
    (entry,) = [one for one in services if (one["provider"], one["capability"]) == ("nano_banana", "image_enhancement")]
    assert (entry["configured"], entry["breaker"]) == (True, "open")


async def test_everybody_fails(start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any) -> None:
    """The job ends with a service-unavailable failure that can be tried again (AIR-40)."""
    down = [FailureClass.TRANSIENT] * 2
    router = await start_router(
        {"nano_banana": painter("nano_banana", script=[*down]), "local_upscaler": painter("local", script=[*down])},
        validator=judge(),
        options=quick(),
    )
    job = a_job()
    await router.tell(job)
    failed = await router.wait_for(JobFailed, job.job_id)
    assert (failed.code, failed.retryable, failed.cost) == ("PROVIDERS_UNAVAILABLE", True, 0)
    assert failed.tried == ("nano_banana", "local_upscaler")


async def test_a_job_that_may_work_later_is_put_off_and_tried_again(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """When nobody is left now, the whole job waits and then succeeds; the calls of both rounds are kept."""
    local = painter("local", script=[FailureClass.TRANSIENT, FailureClass.TRANSIENT])
    router = await start_router({"local_upscaler": local}, validator=judge(), options=quick(rounds_s=(0.1,)))
    job = a_job()
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.attempts, len(set(local.calls))) == (3, 3)
    calls = await router.fetch("SELECT state FROM provider_calls ORDER BY attempt")
    assert [call["state"] for call in calls] == ["failed", "failed", "succeeded"]


async def test_over_budget_goes_to_the_local_provider(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """The budget left by the caller is respected even where the plan would allow more."""
    banana, local = painter("nano_banana"), painter("local")
    router = await start_router({"nano_banana": banana, "local_upscaler": local}, validator=judge(), options=quick())
    job = a_job(budget=Decimal("0.03"))
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.cost, banana.calls) == ("local_upscaler", 0, [])
    (row,) = await router.fetch("SELECT routing FROM ai_jobs")
    kept = row["routing"]["choices"][0]
    assert "over the budget" in {one["provider"]: one["reason"] for one in kept["dropped"]}["nano_banana"]
    inputs = Inputs.of(job.capability, kept["inputs"])
    (version,) = await router.fetch("SELECT document FROM catalogue_versions WHERE digest = $1", inputs.catalogue)
    catalogue = Catalogue.of(json.dumps(version["document"]))
    assert catalogue.digest == inputs.catalogue
    again = choose(inputs.request, catalogue, inputs.health, inputs.budget).document()
    assert again == {name: kept[name] for name in ("ranked", "dropped")}, "a stored choice can be computed again"


async def test_the_catalogue_is_data(start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any) -> None:
    """Switching a provider off, and emergency mode, work at run time (AIR-18, AIR-45, AIR-56)."""
    banana, ideogram = painter("nano_banana"), painter("ideogram")
    router = await start_router(
        {"nano_banana": banana, "ideogram": ideogram, "local_upscaler": painter("local")},
        validator=judge(),
        options=quick(),
    )

    async def provider_now() -> str:
        job = a_job()
        await router.tell(job)
        return str((await router.wait_for(JobCompleted, job.job_id)).provider)

    assert await provider_now() == "nano_banana"
    await router.execute("UPDATE providers SET is_active = false WHERE key = 'nano_banana'")
    assert await provider_now() == "ideogram"
    await router.execute("UPDATE routing_rules SET value = 'true' WHERE name = 'emergency'")
    assert await provider_now() == "local_upscaler"
    await router.execute("UPDATE routing_rules SET value = 'false' WHERE name = 'emergency'")
    await router.execute("UPDATE routing_rules SET value = '\"0.5\"' WHERE name = 'daily_limit'")
    assert await provider_now() == "local_upscaler"


async def test_a_job_past_its_deadline_fails(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """Work that does not end is ended."""
    slow = painter("local", block=asyncio.Event())
    router = await start_router({"local_upscaler": slow}, validator=judge(), options=quick())
    job = a_job(deadline=datetime.now(UTC) + timedelta(seconds=0.3))
    await router.tell(job)
    failed = await router.wait_for(JobFailed, job.job_id)
    assert (failed.code, failed.retryable) == ("DEADLINE", True)


async def test_a_half_open_breaker_lets_one_of_many_try(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """Also of those that choose in the same moment."""
    banana = painter("nano_banana", script=[FailureClass.QUOTA])
    router = await start_router(
        {"nano_banana": banana, "ideogram": painter("ideogram")},
        validator=judge(),
        options=quick(),
        settings={"catalogue_max_age_s": 60.0},
    )
    first = a_job()
    await router.tell(first)
    await router.wait_for(JobCompleted, first.job_id)
    routing = router.service.app.state.router
    routing._ticks = lambda: time.monotonic() + 1000
    banana.block = asyncio.Event()
    await routing.snapshot()
    await router.tell(*(a_job() for _ in range(5)))
    await wait_until(lambda: len(router.events(JobCompleted)) == 5, timeout_s=10)
    assert len(banana.calls) == 2
    banana.block.set()
    await wait_until(lambda: len(router.events(JobCompleted)) == 6, timeout_s=10)
