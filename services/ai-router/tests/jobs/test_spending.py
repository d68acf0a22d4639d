"""Money that has been spent, or may have been: it is counted before it is spent, to the last place, and for ever."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_router.catalogue.repository import CatalogueBook
from ai_router.jobs.models import Call, Delivered, Job
from ai_router.jobs.running import endings, runner
from ai_router.jobs.running.vendor import Polling
from ai_router.providers.port import Accepted, FailureClass, ProviderFailure
from ai_router.routing.breaker import Breaker, Key
from chassis import ids
from chassis.messaging.consumer import wait_until
from chassis.observe.context import Context
from contracts.ai_router import CostRecorded, JobCancelled, JobCompleted, SubmitJob
from contracts.enums import Capability

PLACES = Decimal("0.0001")


def _as(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {user}"}


class Refuses:
    """Finds nothing good enough to be a result at all."""

    async def check(self, command: Any, result: Any, workspace: Any) -> Any:
        if result.vendor_job_id is None:
            raise AssertionError("only the vendor's clip is judged here")
        raise ProviderFailure(FailureClass.BAD_OUTPUT, "not what was asked for")


@given(
    st.decimals(min_value=0, max_value=10_000, places=6),
    st.decimals(min_value=0, max_value=100, places=4),
)
def test_a_cost_is_units_times_unit_cost_in_four_places(units: Decimal, unit_cost: Decimal) -> None:
    """Whatever a vendor measures: the event is valid, and its three figures agree."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    command = SubmitJob(
        job_id=ids.uuid7(),
        user_id=ids.uuid7(),
        product_line="talkingphoto",
        capability=Capability.VIDEO_GENERATION,
        deadline=now,
    )
    delivered = Delivered(units, unit_cost)
    call = Call.begin(command, "veo3", 1, now, estimated_cost=Decimal(1), paid=True)
    told = endings.cost_recorded(Job(command, Context()), call.ended("failed", now, delivered), unit_cost)
    assert told.cost == (told.units * told.unit_cost).quantize(PLACES)
    assert abs(told.cost - units * unit_cost) <= PLACES * (unit_cost + 1)


async def test_a_paid_clip_that_is_refused_is_counted_once_and_the_next_provider_goes_on(
    start_router: Any, a_job: Any, studio: Any, quick: Any
) -> None:
    """7.959 seconds at 0.15 are five places; the books have four."""
    veo = studio(seconds=Decimal("7.959"))
    router = await start_router({"veo3": veo}, validator=Refuses(), options=quick())
    await router.execute("UPDATE providers SET is_active = false WHERE key = 'local_stable_video'")
    job = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    await router.tell(job)
    await router.eventually("SELECT status FROM ai_jobs", ["failed"])
    (cost,) = router.events(CostRecorded)
    assert (cost.units, cost.unit_cost, cost.cost) == (Decimal("7.959"), Decimal("0.15"), Decimal("1.1938"))
    assert (veo.submits, [row["cost"] for row in await router.fetch("SELECT cost FROM provider_calls")]) == (
        1,
        [Decimal("1.1938")],
    )


@pytest.mark.parametrize(
    "limit",
    [
        "UPDATE routing_rules SET value = '\"0.05\"' WHERE name = 'daily_limit'",
        "UPDATE providers SET requests_per_hour = 1 WHERE key = 'nano_banana'",
    ],
)
async def test_a_limit_of_everybody_holds_among_jobs_that_begin_together(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any, limit: str
) -> None:
    """In two processes, each with a catalogue in memory that says there is room: one call is paid for."""
    banana = painter("nano_banana", block=asyncio.Event())
    providers = {"nano_banana": banana, "local_upscaler": painter("local")}
    more = {"validator": judge(), "options": quick(), "settings": {"catalogue_max_age_s": 60.0}}
    first = await start_router(providers, **more)
    await first.execute(limit)
    first.service.app.state.router.book.expire()
    second = await start_router(providers, **more, url=first.database.url)
    both = (first, second)
    await asyncio.gather(*(router.service.app.state.router.snapshot() for router in both))
    await asyncio.gather(*(router.tell(a_job(), a_job(), a_job()) for router in both))
    await wait_until(lambda: sum(len(router.events(JobCompleted)) for router in both) == 5, timeout_s=15)
    assert len(banana.calls) == 1
    banana.block.set()
    await wait_until(lambda: sum(len(router.events(JobCompleted)) for router in both) == 6, timeout_s=15)


async def test_a_change_during_a_reading_is_read_again(start_router: Any) -> None:
    """What was written while the tables were being read is not taken for known."""
    router = await start_router(consume=False)
    book = CatalogueBook(router.database, max_age_s=600.0)
    keep = book._keep_version

    async def changed_meanwhile() -> None:
        await keep()
        await router.execute("UPDATE providers SET cost = 0.9 WHERE key = 'veo3'")
        book.expire()

    book._keep_version = changed_meanwhile  # type: ignore[method-assign]
    await book.current()
    book._keep_version = keep  # type: ignore[method-assign]
    catalogue, _ = await book.current()
    assert catalogue.offer("veo3", Capability.VIDEO_GENERATION).cost == Decimal("0.9")


async def test_no_paid_call_begins_after_a_cancel(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """Another process cancelled it; the one that works on it has not heard of it yet."""
    banana = painter("nano_banana", script=[FailureClass.TRANSIENT])
    first = await start_router({"nano_banana": banana}, validator=judge(), options=quick(quick_retry_s=1.0))
    second = await start_router({}, validator=judge(), url=first.database.url, consume=False)
    job = a_job()
    await first.tell(job)
    await first.eventually("SELECT state FROM provider_calls", ["failed"])
    assert (await second.http.delete(f"/api/v1/ai/jobs/{job.job_id}", headers=_as(job.user_id))).status_code == 204
    await wait_until(lambda: first.service.background[1].busy == 0, timeout_s=10)
    assert len(banana.calls) == 1
    assert len(await first.fetch("SELECT 1 FROM provider_calls")) == 1


async def test_a_job_submitted_after_the_vendor_was_asked_to_stop_it_is_stopped(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """The stop finds nothing at the vendor, because the other process is about to hand the job over."""

    @dataclass
    class Slow(studio):  # type: ignore[misc, valid-type]
        go: asyncio.Event = field(default_factory=asyncio.Event)

        async def submit(self, request: Any, workspace: Any) -> Accepted:
            await self.go.wait()
            return await super().submit(request, workspace)

    veo = Slow(polls_needed=10**9)
    polling = Polling(first_s=0.01, most_s=0.02, stop_s=600.0)
    first = await start_router({"veo3": veo}, validator=judge(), options=quick(polling=polling))
    second = await start_router({"veo3": veo}, validator=judge(), url=first.database.url, consume=False)
    job = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    await first.tell(job)
    await first.eventually("SELECT state FROM provider_calls", ["calling"])
    assert (await second.http.delete(f"/api/v1/ai/jobs/{job.job_id}", headers=_as(job.user_id))).status_code == 204
    await wait_until(lambda: veo.lookups == 1, timeout_s=10)
    veo.go.set()
    await wait_until(lambda: veo.cancelled == ["job-1"], timeout_s=10)
    await first.eventually("SELECT state || ' ' || cost FROM provider_calls", ["cancelled 0.0000"])
    assert await first.fetch("SELECT 1 FROM work") == []


async def test_removing_a_job_does_not_remove_what_was_spent(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """Neither the day's cost nor the hour's calls; and its command, repeated, starts nothing."""
    banana = painter("nano_banana")
    router = await start_router({"nano_banana": banana}, validator=judge(), options=quick())
    job = a_job(parameters={"prompt": "a secret"})
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)
    url, me = f"/api/v1/ai/jobs/{job.job_id}", _as(job.user_id)
    assert (await router.http.delete(url, headers=me)).status_code == 204
    assert (await router.http.delete(url, headers=me)).status_code == 404
    assert (await router.http.get("/api/v1/ai/jobs", headers=me)).json()["total"] == 0
    _, usage = await CatalogueBook(router.database, max_age_s=0.0).current()
    assert (usage.cost_today, usage.calls_last_hour) == (Decimal("0.0390"), {"nano_banana": 1})
    (kept,) = await router.fetch("SELECT input_data::text AS asked, output_data, routing FROM ai_jobs")
    assert ("secret" in kept["asked"], kept["output_data"], kept["routing"]) == (False, None, None)
    await router.tell(job)
    assert len(banana.calls) == 1


async def test_removing_a_cancelled_job_at_once_does_not_lose_its_stop(
    start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """DELETE twice in a row: the vendor is stopped all the same."""
    veo = studio(polls_needed=10**9)
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    await router.tell(job)
    await router.eventually("SELECT state FROM provider_calls", ["accepted"])
    for _ in range(2):
        url = f"/api/v1/ai/jobs/{job.job_id}"
        assert (await router.http.delete(url, headers=_as(job.user_id))).status_code == 204
    await wait_until(lambda: veo.cancelled == ["job-1"], timeout_s=10)
    await router.eventually("SELECT state FROM provider_calls", ["cancelled"])
    await router.wait_for(JobCancelled, job.job_id)


async def test_what_is_used_is_a_running_figure_that_agrees_with_the_calls(
    start_router: Any, a_job: Any, painter: Any, studio: Any, judge: Any, quick: Any
) -> None:
    """Begun, ended at another cost, failed and lost calls: nobody adds up calls, and a paid call reads no catalogue."""
    providers = {
        "nano_banana": painter("nano_banana", script=[None, FailureClass.EMPTY, FailureClass.UNKNOWN_OUTCOME]),
        "ideogram": painter("ideogram"),
        "veo3": studio(seconds=Decimal("4.25")),
    }
    router = await start_router(providers, validator=judge(), options=quick(), settings={"catalogue_max_age_s": 3600.0})
    book = router.service.app.state.router.book
    read, reads = book._read, []

    async def counted() -> None:
        reads.append(1)
        await read()

    book._read = counted
    jobs = [a_job() for _ in range(4)] + [a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})]
    seen = []
    for job in jobs:
        await router.tell(job)
        await router.wait_for(JobCompleted, job.job_id)
        seen.append(len(reads))
    assert seen == [seen[0]] * len(jobs), "whoever looks at the start reads it, and no call does"
    summed = await router.fetch(
        "SELECT provider, count(*) AS calls, sum(coalesce(cost, estimated_cost)) AS cost FROM provider_calls "
        "WHERE paid GROUP BY provider ORDER BY provider"
    )
    running = await router.fetch(
        "SELECT provider, sum(calls)::int AS calls, sum(cost) AS cost FROM paid_minutes "
        "GROUP BY provider ORDER BY provider"
    )
    assert [tuple(row) for row in running] == [tuple(row) for row in summed]
    assert len(summed) == 3


async def test_a_half_open_breaker_lets_one_call_through(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """Of many jobs that look at the same moment one tries; the others go on with the next provider."""
    banana = painter("nano_banana", block=asyncio.Event())
    router = await start_router(
        {"nano_banana": banana, "ideogram": painter("ideogram")}, validator=judge(), options=quick()
    )
    routing = router.service.app.state.router
    key = Key("nano_banana", Capability.IMAGE_ENHANCEMENT)
    routing._breakers[key] = Breaker(5, opened_until=time.monotonic() - 1)
    jobs = [a_job() for _ in range(12)]
    await router.tell(*jobs)
    await wait_until(lambda: len(router.events(JobCompleted)) == 11, timeout_s=20)
    assert len(banana.calls) == 1
    banana.block.set()
    await wait_until(lambda: len(router.events(JobCompleted)) == 12, timeout_s=20)
    assert {done.provider for done in router.events(JobCompleted)} == {"nano_banana", "ideogram"}


async def test_a_busy_provider_is_waited_for_before_a_dearer_one(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the lane has patience; then the dearer one does it. No more calls at once than the row says."""
    monkeypatch.setattr(runner, "PAUSE_S", 0.2)
    banana, ideogram = painter("nano_banana", block=asyncio.Event()), painter("ideogram")
    router = await start_router({"nano_banana": banana, "ideogram": ideogram}, validator=judge(), options=quick())
    await router.execute("UPDATE providers SET calls_at_once = 1 WHERE key = 'nano_banana'")
    first, patient, hasty = a_job(), a_job(plan="free"), a_job(plan="enterprise")
    await router.tell(first)
    await wait_until(lambda: len(banana.calls) == 1, timeout_s=10)
    await router.tell(patient, hasty)
    assert (await router.wait_for(JobCompleted, hasty.job_id)).provider == "ideogram", "its lane does not wait"
    assert router.events(JobCompleted, patient.job_id) == []
    banana.block.set()
    assert (await router.wait_for(JobCompleted, first.job_id)).provider == "nano_banana"
    assert (await router.wait_for(JobCompleted, patient.job_id)).provider == "nano_banana"
    assert (len(banana.calls), len(ideogram.calls)) == (2, 1)
