"""Commands: each has its effect once, in whatever order and however often they come."""

from __future__ import annotations

import asyncio
from typing import Any

from ai_router.jobs.models import Job
from ai_router.jobs.repository import JOB_OF_WORK
from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from chassis.data.leased_work import WorkItem
from chassis.messaging.consumer import wait_until
from contracts.ai_router import CancelJob, JobCancelled, JobCompleted, JobFailed


async def test_a_second_delivery_starts_nothing_new(start_router: Any, a_job: Any, painter: Any, judge: Any) -> None:
    """Delivered twice (a crash before the acknowledgement): one job, one call, one answer."""
    local = painter("local")
    router = await start_router({"local_upscaler": local}, validator=judge())
    delivery = router.delivery(a_job())
    assert await router.deliver(delivery) == [ACKNOWLEDGE]
    assert await router.deliver(delivery) == [ACKNOWLEDGE]
    await wait_until(lambda: len(router.events(JobCompleted)) == 1, timeout_s=10)
    assert await router.deliver(delivery) == [ACKNOWLEDGE]
    assert len(await router.fetch("SELECT 1 FROM ai_jobs")) == len(local.calls) == 1
    assert await router.fetch("SELECT 1 FROM work") == []


async def test_a_repeated_command_in_a_new_message_starts_nothing_new(
    start_router: Any, a_job: Any, painter: Any, judge: Any
) -> None:
    """The orchestrator asks again for the same job id, also within one batch."""
    local = painter("local")
    router = await start_router({"local_upscaler": local}, validator=judge())
    job = a_job()
    await router.tell(job, job)
    await router.wait_for(JobCompleted, job.job_id)
    await router.tell(job)
    assert len(local.calls) == 1
    assert await router.fetch("SELECT 1 FROM work") == []


async def test_a_batch_with_one_seen_message_still_does_the_rest(
    start_router: Any, a_job: Any, painter: Any, judge: Any
) -> None:
    """One repeat does not hold back its neighbours."""
    router = await start_router({"local_upscaler": painter("local")}, validator=judge())
    seen = router.delivery(a_job())
    await router.deliver(seen)
    fresh = [a_job() for _ in range(5)]
    verdicts = await router.deliver(seen, *(router.delivery(job) for job in fresh))
    assert verdicts == [ACKNOWLEDGE] * 6
    for job in fresh:
        await router.wait_for(JobCompleted, job.job_id)
    assert len(router.events(JobCompleted)) == 6


async def test_many_jobs_end_once_each(start_router: Any, a_job: Any, painter: Any, judge: Any) -> None:
    """Endings share commits; nothing is lost or doubled."""
    local = painter("local")
    router = await start_router({"local_upscaler": local}, validator=judge())
    jobs = [a_job() for _ in range(200)]
    await router.tell(*jobs)
    await wait_until(lambda: len(router.events(JobCompleted)) >= 200, timeout_s=30)
    assert sorted(e.job_id for e in router.events(JobCompleted)) == sorted(job.job_id for job in jobs)
    assert len(set(local.calls)) == len(local.calls) == 200
    rows = await router.fetch("SELECT status, count(*) AS n FROM ai_jobs GROUP BY status")
    assert [tuple(row) for row in rows] == [("completed", 200)]
    assert await router.fetch("SELECT 1 FROM work") == []


async def test_jobs_wait_in_the_lane_of_their_plan(start_router: Any, a_job: Any) -> None:
    """Enterprise first, free last, everybody else in between (CON-10)."""
    router = await start_router(consume=False)
    await router.tell(*(a_job(plan=plan) for plan in ("free", "pro", "enterprise", "somebody")))
    rows = await router.fetch(
        "SELECT input_data->>'plan' AS plan FROM work JOIN ai_jobs USING (id) ORDER BY lane, input_data->>'plan'"
    )
    assert [row["plan"] for row in rows] == ["enterprise", "pro", "somebody", "free"]


async def test_a_claim_reads_the_job_as_it_was_sent(start_router: Any, a_job: Any) -> None:
    router = await start_router(consume=False)
    job = a_job(parameters={"script": "Grüße", "duration": 1.5}, exclude=("openai",), minimum_score=6.5)
    await router.deliver(router.delivery(job, correlation_id="c-1"))
    [row] = await router.fetch(f"SELECT id, kind, {JOB_OF_WORK} AS payload FROM work")  # noqa: S608
    claimed = Job.of(WorkItem(row["id"], row["kind"], row["payload"], 1, ids.uuid7()))
    assert claimed.command == job
    assert claimed.context.correlation_id == "c-1"


async def test_a_running_job_is_interrupted_by_cancel(start_router: Any, a_job: Any, painter: Any, judge: Any) -> None:
    """The work stops, nothing is completed, and a second cancel is answered with how it ended."""
    local = painter("local", block=asyncio.Event())
    router = await start_router({"local_upscaler": local}, validator=judge())
    job = a_job()
    await router.tell(job)
    await wait_until(lambda: len(local.calls) == 1, timeout_s=10)
    cancel = CancelJob(job_id=job.job_id, run_id=job.run_id, reason="no longer wanted")
    await router.tell(cancel)
    cancelled = await router.wait_for(JobCancelled, job.job_id)
    assert cancelled.cost == 0
    local.block.set()
    await wait_until(lambda: router.service.background[1].busy == 0, timeout_s=10)
    await router.tell(cancel)
    await wait_until(lambda: len(router.events(JobCancelled)) == 2, timeout_s=10)
    assert router.events(JobCompleted) == []
    assert await router.fetch("SELECT 1 FROM work") == []


async def test_cancel_after_the_end_is_answered_with_the_end(
    start_router: Any, a_job: Any, painter: Any, judge: Any
) -> None:
    """A late cancel changes nothing."""
    router = await start_router({"local_upscaler": painter("local")}, validator=judge())
    job = a_job()
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    delivery = router.delivery(CancelJob(job_id=job.job_id, run_id=job.run_id, reason="late"))
    await router.deliver(delivery)
    await router.deliver(delivery)
    await wait_until(lambda: len(router.events(JobCompleted)) == 2, timeout_s=10)
    assert router.events(JobCompleted) == [done, done]
    assert router.events(JobCancelled) == []


async def test_a_cancel_that_overtakes_its_job_wins(start_router: Any, a_job: Any, painter: Any, judge: Any) -> None:
    """Messages have no order: the job that comes later does not start, be it in the same batch or not."""
    local = painter("local")
    router = await start_router({"local_upscaler": local}, validator=judge())
    job, other = a_job(), a_job()
    await router.tell(CancelJob(job_id=job.job_id, run_id=job.run_id, reason="early"))
    await router.tell(job)
    await router.tell(CancelJob(job_id=other.job_id, run_id=other.run_id, reason="together"), other)
    await wait_until(lambda: len(router.events(JobCancelled)) == 2, timeout_s=10)
    assert local.calls == []
    assert await router.fetch("SELECT 1 FROM work") == []


async def test_a_dead_process_lease_passes_on(start_router: Any, a_job: Any, painter: Any, judge: Any) -> None:
    """Another worker waits for the lease; the only worker takes over at once. The late holder is fenced off."""
    local = painter("local", block=asyncio.Event())
    first = await start_router({"local_upscaler": local}, validator=judge())
    job = a_job()
    await first.tell(job)
    await wait_until(lambda: len(local.calls) == 1, timeout_s=10)
    other = painter("local")
    second = await start_router(
        {"local_upscaler": other}, validator=judge(), url=first.database.url, settings={"alone": True}
    )
    await second.wait_for(JobCompleted, job.job_id)
    local.block.set()
    await wait_until(lambda: first.service.background[1].busy == 0, timeout_s=10)
    assert first.events(JobCompleted) == []
    assert len(second.events(JobCompleted)) == 1
    assert local.calls == other.calls, "a free call repeated after a crash has the same id"
    (row,) = await first.fetch("SELECT status, attempts FROM ai_jobs")
    assert tuple(row) == ("completed", 1)


async def test_an_expired_lease_is_taken_over(start_router: Any, a_job: Any, painter: Any, judge: Any) -> None:
    """No release, no restart: the lease simply runs out."""
    router = await start_router({"local_upscaler": painter("local")}, validator=judge(), consume=False)
    job = a_job()
    await router.tell(job)
    await router.execute(
        "UPDATE work SET lease_token = $1, lease_until = now() + interval '1 second', attempts = 1", ids.uuid7()
    )
    second = await start_router({"local_upscaler": painter("local")}, validator=judge(), url=router.database.url)
    done = await second.wait_for(JobCompleted, job.job_id, timeout_s=15)
    assert done.attempts == 1


async def test_a_bug_of_ours_ends_the_job_after_some_claims(start_router: Any, a_job: Any, judge: Any) -> None:
    """A job never outlives its deadline unseen: an error of our own is retried, then told to the user."""

    class Broken:
        key = "local_upscaler"
        declarations = ()

        async def healthy(self) -> None:
            return None

        async def perform(self, *_: Any) -> Any:
            raise RuntimeError("a bug")

    router = await start_router({"local_upscaler": Broken()}, validator=judge())
    job = a_job()
    await router.tell(job)
    await router.eventually("SELECT attempts FROM work", [1])
    await router.execute("UPDATE work SET attempts = 4, run_after = now(), lease_token = NULL, lease_until = NULL")
    failed = await router.wait_for(JobFailed, job.job_id, timeout_s=15)
    assert (failed.code, failed.retryable) == ("INTERNAL", True)
