"""Nothing only grows: what attempts have stored for nobody, and jobs and calls that are long over, go."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ai_router.jobs.housekeeping import Housekeeping
from ai_router.providers.port import FailureClass, ProviderResult
from chassis.messaging.consumer import wait_until
from contracts.ai_router import CancelJob, JobCancelled, JobCompleted
from contracts.enums import Capability

FOR_EVER = timedelta(days=90)


@pytest.fixture
def keeper(painter: Any) -> Any:
    """A painter whose pictures are in the store."""

    @dataclass
    class Keeper(painter):  # type: ignore[misc, valid-type]
        async def perform(self, request: Any, workspace: Any, report: Any) -> ProviderResult:
            file = workspace.directory / "made.jpg"
            file.write_bytes(self.key.encode())
            image = await workspace.keep(file, "image/jpeg", role="image")
            made = await super().perform(request, workspace, report)
            return ProviderResult(outputs={"image": image}, units=made.units, model=made.model)

    return Keeper


async def _keys(router: Any) -> list[str]:
    return [key async for key in router.store.list_keys("images/")]


async def test_what_an_attempt_stored_for_nobody_goes_after_the_job(
    start_router: Any, a_job: Any, keeper: Any, judge: Any, quick: Any
) -> None:
    """The poor result of one provider and what a failed one had stored; the result stays, and what was spent too."""
    providers = {
        "nano_banana": keeper("nano_banana"),
        "ideogram": keeper("ideogram", script=[FailureClass.QUOTA]),
        "local_upscaler": keeper("local_upscaler"),
    }
    poor = judge({"nano_banana-1": 5.0, "local_upscaler-1": 9.0})
    router = await start_router(providers, validator=poor, options=quick())
    job = a_job()
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    await router.eventually("SELECT status FROM ai_jobs", ["completed"])
    assert len(await _keys(router)) == 3
    housekeeping = Housekeeping(router.database, router.store, keep_jobs=FOR_EVER)
    assert (await housekeeping.sweep())["objects"] == 0, "somebody may still be reading"
    await router.execute("UPDATE ai_jobs SET completed_at = completed_at - interval '2 hours'")
    assert (await housekeeping.sweep())["objects"] == 2
    assert await _keys(router) == [done.outputs["image"].key]
    assert (await housekeeping.sweep())["objects"] == 0
    spent = await router.fetch("SELECT sum(cost) AS cost FROM provider_calls")
    assert spent[0]["cost"] == done.cost == Decimal("0.0390")


async def test_what_a_cancelled_job_had_stored_already_goes_too(
    start_router: Any, a_job: Any, keeper: Any, judge: Any, quick: Any
) -> None:
    """No call tells of it: whoever was at it was told to stop, or their process ended. What others made stays."""
    stored = asyncio.Event()

    @dataclass
    class Interrupted(keeper):  # type: ignore[misc, valid-type]
        async def perform(self, request: Any, workspace: Any, report: Any) -> ProviderResult:
            made = await super().perform(request, workspace, report)
            if request.job_id == job.job_id:
                stored.set()
                await asyncio.Event().wait()
            return made

    router = await start_router({"local_upscaler": Interrupted("local_upscaler")}, validator=judge(), options=quick())
    job = a_job()
    other = a_job(user_id=job.user_id)
    await router.tell(job, other)
    await asyncio.wait_for(stored.wait(), 20)
    done = await router.wait_for(JobCompleted, other.job_id)
    await router.tell(CancelJob(job_id=job.job_id, run_id=job.run_id, reason="no longer wanted"))
    await router.wait_for(JobCancelled, job.job_id)
    assert len(await _keys(router)) == 2
    housekeeping = Housekeeping(router.database, router.store, keep_jobs=FOR_EVER)
    assert (await housekeeping.sweep())["objects"] == 0, "its process may still be at it"
    await router.execute("UPDATE ai_jobs SET completed_at = completed_at - interval '2 hours'")
    assert (await housekeeping.sweep())["objects"] == 1
    assert await _keys(router) == [done.outputs["image"].key]


async def test_jobs_and_calls_that_are_long_over_go_and_open_ones_stay(
    start_router: Any, a_job: Any, painter: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """Sweeping side by side, or again, removes nothing twice."""
    providers = {"nano_banana": painter("nano_banana"), "veo3": studio(polls_needed=10**9)}
    router = await start_router(providers, validator=judge(), options=quick())
    done, waiting = [a_job() for _ in range(3)], a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    await router.tell(*done, waiting)
    for job in done:
        await router.wait_for(JobCompleted, job.job_id)
    await wait_until(lambda: providers["veo3"].polls > 0, timeout_s=20)
    kept = Housekeeping(router.database, router.store, keep_jobs=FOR_EVER)
    before = await kept.sweep()
    assert {name: before[name] for name in ("ai_jobs", "provider_calls")} == {"ai_jobs": 0, "provider_calls": 0}
    soon = [Housekeeping(router.database, router.store, keep_jobs=timedelta(0)) for _ in range(2)]
    gone = await asyncio.gather(*(one.sweep() for one in soon))
    assert sum(one["provider_calls"] for one in gone) == 3
    again = await soon[0].sweep()
    assert sum(one["ai_jobs"] for one in (*gone, again)) == 3
    rows = await router.fetch("SELECT id FROM ai_jobs")
    assert [row["id"] for row in rows] == [waiting.job_id]
    assert len(await router.fetch("SELECT 1 FROM provider_calls")) == 1
