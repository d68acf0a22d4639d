"""A paid call is made once, whatever happens to the process or to the answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ai_router.providers.port import FailureClass
from chassis.messaging.consumer import wait_until
from contracts.ai_router import CancelJob, CostRecorded, JobCancelled, JobCompleted, JobFailed
from contracts.enums import Capability


def _video(a_job: Any, **fields: Any) -> Any:
    return a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5}, **fields)


async def test_a_job_is_submitted_polled_and_paid_by_what_was_delivered(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """Five seconds delivered cost five seconds, though the estimate was another."""
    veo = studio(seconds=Decimal("4.5"))
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = _video(a_job)
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.cost) == ("veo3", Decimal("0.6750"))
    (call,) = await router.fetch("SELECT * FROM provider_calls")
    assert (call["vendor_job_id"], call["state"], call["estimated_cost"]) == ("job-1", "succeeded", Decimal("0.7500"))
    assert veo.submits == 1


async def test_a_lost_answer_is_looked_up(start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any) -> None:
    """The vendor has the job: it is found and finished, not submitted again."""
    veo = studio(lose_answer=True)
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = _video(a_job)
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)
    assert (veo.submits, veo.lookups, len(veo.jobs)) == (1, 1, 1)


async def test_a_request_that_never_arrived_may_be_made_again_under_another_id(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """The vendor certainly has not got it: that is a transient failure of one call, and costs nothing."""
    veo, local = studio(never_arrives=True), studio("local_stable_video")
    router = await start_router({"veo3": veo, "local_stable_video": local}, validator=judge(), options=quick())
    job = _video(a_job)
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.cost, done.tried) == ("local_stable_video", 0, ("veo3",))
    assert veo.submits == veo.lookups == 2


async def test_an_outcome_that_cannot_be_known_counts_as_spent(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """Nothing is submitted again there, another provider finishes, and the cost is counted with care."""
    veo = studio(lose_answer=True, cannot_look_up=True)
    router = await start_router(
        {"veo3": veo, "local_stable_video": studio("local_stable_video")}, validator=judge(), options=quick()
    )
    job = _video(a_job)
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.cost, veo.submits) == ("local_stable_video", Decimal("0.7500"), 1)
    (cost,) = router.events(CostRecorded)
    assert cost.cost == Decimal("0.7500")
    calls = await router.fetch("SELECT state FROM provider_calls ORDER BY attempt")
    assert [call["state"] for call in calls] == ["unknown", "succeeded"]


async def test_questions_may_get_lost(start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any) -> None:
    """A failed poll says nothing about the job; a job that failed at the vendor does."""
    veo = studio(poll_script=[FailureClass.TRANSIENT, FailureClass.THROTTLED, None, FailureClass.TRANSIENT])
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = _video(a_job)
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)
    assert veo.submits == 1

    veo.poll_script, veo.polls = [FailureClass.BAD_OUTPUT], 0
    await router.execute("UPDATE providers SET is_active = false WHERE key = 'local_stable_video'")
    other = _video(a_job)
    await router.tell(other)
    failed = await router.wait_for(JobFailed, other.job_id)
    assert failed.tried == ("veo3",)


async def test_after_a_crash_an_accepted_job_is_polled_and_not_submitted_again(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any, new_database: Any
) -> None:
    """The process that submitted is gone; another one takes over and finishes with the same vendor job."""
    veo = studio(polls_needed=10**9)
    first = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = _video(a_job)
    await first.tell(job)
    await wait_until(lambda: veo.polls > 2, timeout_s=10)
    await first.running.stop(0.0)
    (call,) = await first.fetch("SELECT * FROM provider_calls")
    assert (call["state"], call["vendor_job_id"]) == ("accepted", "job-1")

    veo.polls_needed = 0
    second = await start_router({"veo3": veo}, validator=judge(), options=quick(), url=first.database.url)
    done = await second.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.attempts, veo.submits) == ("veo3", 1, 1)
    (call,) = await second.fetch("SELECT * FROM provider_calls")
    assert call["state"] == "succeeded"
    assert len(second.events(CostRecorded)) == 1


async def test_after_a_crash_between_writing_down_and_submitting_the_vendor_is_asked(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """The call is written down and nothing else is known: it is looked up, found, and finished."""
    veo = studio(polls_needed=10**9)
    first = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = _video(a_job)
    await first.tell(job)
    await wait_until(lambda: veo.polls > 0, timeout_s=10)
    await first.running.stop(0.0)
    await first.execute("UPDATE provider_calls SET state = 'calling', vendor_job_id = NULL")
    veo.polls_needed = 0
    second = await start_router({"veo3": veo}, validator=judge(), options=quick(), url=first.database.url)
    await second.wait_for(JobCompleted, job.job_id)
    assert (veo.submits, veo.lookups) == (1, 1)


async def test_a_crashed_call_that_cannot_be_looked_up_is_not_made_again(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """One that performs and takes no key: its outcome is unknown, it counts as spent, the next provider does it."""
    banana = painter("nano_banana", block=asyncio.Event())
    first = await start_router({"nano_banana": banana}, validator=judge(), options=quick())
    job = a_job()
    await first.tell(job)
    await wait_until(lambda: len(banana.calls) == 1, timeout_s=10)
    await first.running.stop(0.0)
    second = await start_router(
        {"nano_banana": banana, "ideogram": painter("ideogram")},
        validator=judge(),
        options=quick(),
        url=first.database.url,
    )
    done = await second.wait_for(JobCompleted, job.job_id)
    assert (done.provider, len(banana.calls)) == ("ideogram", 1)
    assert done.cost == Decimal("0.5390")


async def test_a_job_out_of_time_is_stopped_at_the_vendor(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """The user is told, and the vendor does not go on working for nobody."""
    veo = studio(polls_needed=10**9)
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = _video(a_job, deadline=datetime.now(UTC) + timedelta(seconds=1))
    await router.tell(job)
    failed = await router.wait_for(JobFailed, job.job_id)
    assert failed.code == "DEADLINE"
    await router.eventually("SELECT state FROM provider_calls", ["cancelled"])
    assert veo.cancelled == ["job-1"]


async def test_cancelling_stops_the_job_at_the_vendor(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """The user's cancel reaches the vendor, and a call it stopped costs nothing."""
    veo = studio(polls_needed=10**9)
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = _video(a_job)
    await router.tell(job)
    await wait_until(lambda: veo.polls > 1, timeout_s=10)
    await router.tell(CancelJob(job_id=job.job_id, run_id=job.run_id, reason="changed my mind"))
    await router.wait_for(JobCancelled, job.job_id)
    await wait_until(lambda: veo.cancelled == ["job-1"], timeout_s=10)
    await router.eventually("SELECT state || ' ' || cost FROM provider_calls", ["cancelled 0.0000"])
    assert await router.fetch("SELECT 1 FROM work") == []
    assert router.events(JobCompleted) == router.events(CostRecorded) == []
