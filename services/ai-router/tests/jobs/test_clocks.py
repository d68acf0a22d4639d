"""The two clocks of a job, and how long it waits for one provider."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ai_router.jobs.models import Job
from ai_router.jobs.running.vendor import Polling
from ai_router.providers.port import FailureClass, ProviderFailure
from ai_router.routing.failures import CONSEQUENCES, wait_before_again
from chassis import ids
from chassis.messaging.consumer import wait_until
from chassis.observe.context import Context
from contracts.ai_router import JobCompleted, JobFailed, SubmitJob
from contracts.enums import Capability

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_repeated_command_lets_a_waiting_job_wait_longer(
    start_router: Any, a_job: Any, painter: Any, judge: Any
) -> None:
    """The lane was full until after the first command's time."""
    first = await start_router(consume=False)
    job = a_job(deadline=_in(0.2))
    await first.tell(job)
    await first.tell(job.model_copy(update={"deadline": _in(60), "run_for_s": 60.0}))
    await first.tell(job)
    await wait_until(lambda: datetime.now(UTC) > job.deadline, timeout_s=5)
    second = await start_router({"local_upscaler": painter("local")}, validator=judge(), url=first.database.url)
    await second.wait_for(JobCompleted, job.job_id)
    assert len(await first.fetch("SELECT 1 FROM ai_jobs")) == 1


async def test_a_job_that_has_not_begun_in_time_fails(start_router: Any, a_job: Any, painter: Any, judge: Any) -> None:
    """However long it might have run."""
    router = await start_router({"local_upscaler": painter("local")}, validator=judge())
    job = a_job(deadline=_in(-1), run_for_s=600.0)
    await router.tell(job)
    assert (await router.wait_for(JobFailed, job.job_id)).code == "DEADLINE"


async def test_a_job_that_has_begun_has_a_time_of_its_own(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """It goes on after the moment by which it had to begin, also through a wait, and ends with its own time."""
    local = painter("local", script=[FailureClass.TRANSIENT, FailureClass.TRANSIENT])
    router = await start_router({"local_upscaler": local}, validator=judge(), options=quick(rounds_s=(0.4, 0.1)))
    job = a_job(deadline=_in(0.3), run_for_s=60.0)
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)
    assert len(local.calls) == 3

    local.block = asyncio.Event()
    other = a_job(deadline=_in(60), run_for_s=0.3)
    await router.tell(other)
    assert (await router.wait_for(JobFailed, other.job_id)).code == "DEADLINE"


async def test_at_the_end_of_its_time_a_job_uses_what_it_has_paid_for(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """A result below the threshold is there while a better one is still being tried."""
    ideogram = painter("ideogram", block=asyncio.Event())
    router = await start_router(
        {"nano_banana": painter("nano_banana"), "ideogram": ideogram},
        validator=judge({"nano_banana-1": 6.5}),
        options=quick(),
    )
    job = a_job(run_for_s=1.0)
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, done.warnings) == ("nano_banana", ("low_quality",))
    await router.eventually("SELECT state FROM provider_calls ORDER BY attempt", ["succeeded", "cancelled"])


@given(st.none() | st.datetimes(), st.none() | st.floats(0.001, 10_000), st.floats(-100, 100))
def test_a_job_ends_by_its_own_time_and_never_begins_late(
    put_off: datetime | None, run_for_s: float | None, early_s: float
) -> None:
    """The rule of both clocks, and that a job that was put off keeps the end it had."""
    command = SubmitJob(
        job_id=ids.uuid7(),
        user_id=ids.uuid7(),
        product_line="talkingphoto",
        capability=Capability.IMAGE_ENHANCEMENT,
        deadline=T0,
        run_for_s=run_for_s,
    )
    ends_by = None if put_off is None else put_off.replace(tzinfo=UTC)
    now = T0 - timedelta(seconds=early_s)
    found = Job(command, Context(), ends_by=ends_by).end_by(now)
    if ends_by is not None:
        assert found == ends_by
    elif now >= T0:
        assert found <= now
    else:
        assert found == (T0 if run_for_s is None else now + timedelta(seconds=run_for_s))


@given(
    st.sampled_from(FailureClass),
    st.none() | st.floats(-10, 1e9),
    st.integers(0, 3),
    st.floats(0, 5),
    st.floats(5, 60),
)
def test_no_wait_is_longer_than_its_limit(
    kind: FailureClass, retry_after_s: float | None, tries: int, usual_s: float, longest_s: float
) -> None:
    """Only failures that may pass are waited for, once, and never beyond the limit."""
    failure = ProviderFailure(kind, "scripted", retry_after_s=retry_after_s)
    wait = wait_before_again(failure, tries, usual_s, longest_s)
    if CONSEQUENCES[kind].then != "again" or tries:
        assert wait is None
    elif wait is None:
        assert retry_after_s is not None and retry_after_s > longest_s
    else:
        assert 0 <= wait <= longest_s


async def test_a_provider_that_asks_for_an_hour_is_passed_over(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """Another one is free."""
    wait = ProviderFailure(FailureClass.TRANSIENT, "come back later", retry_after_s=3600.0)
    banana = painter("nano_banana", script=[wait])
    router = await start_router(
        {"nano_banana": banana, "ideogram": painter("ideogram")}, validator=judge(), options=quick()
    )
    job = a_job()
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id, timeout_s=10)
    assert (done.provider, done.tried, len(banana.calls)) == ("ideogram", ("nano_banana",), 1)


async def test_polling_never_waits_past_its_end(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """A vendor that wants to be asked in an hour is asked once more at the end, and given up."""
    slow = ProviderFailure(FailureClass.THROTTLED, "not so fast", retry_after_s=3600.0)
    veo = studio(polls_needed=10**9, poll_script=[slow])
    router = await start_router(
        {"veo3": veo, "local_stable_video": studio("local_stable_video")},
        validator=judge(),
        options=quick(polling=Polling(first_s=0.01, most_s=0.02, stop_s=0.5)),
    )
    job = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id, timeout_s=10)
    assert (done.provider, done.tried, veo.cancelled) == ("local_stable_video", ("veo3",), ["job-1"])
    assert (veo.polls, done.cost) == (2, Decimal(0))
