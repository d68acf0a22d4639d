"""Health checks: a provider that is not well is not chosen, and what was found can be asked for."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from ai_router.health.breakers import may_try
from ai_router.providers.port import Declaration, FailureClass, ProviderFailure
from ai_router.routing.breaker import FAILURES_TO_OPEN
from chassis import ids
from chassis.messaging.consumer import wait_until
from contracts.ai_router import JobFailed, ProviderHealthChanged
from contracts.enums import Capability


class Patient:
    """A provider that is as well as it is told to be."""

    key = "veo3"
    declarations = (Declaration(Capability.VIDEO_GENERATION, ("one",), frozenset(), "second", "none"),)
    well = False
    asked = 0

    async def healthy(self) -> None:
        self.asked += 1
        if not self.well:
            raise ProviderFailure(FailureClass.TRANSIENT, "not today")

    async def perform(self, *_: Any) -> Any:
        raise ProviderFailure(FailureClass.TRANSIENT, "must not be asked")


async def _told(router: Any) -> Any:
    me = {"Authorization": f"Bearer {ids.uuid7()}"}
    services = (await router.http.get("/api/v1/ai/services/health", headers=me)).json()["services"]
    return next(one for one in services if one["provider"] == "veo3")


def _part(router: Any, method: str) -> Any:
    return next(part for part in router.service.background if hasattr(part, method))


async def test_an_unwell_provider_is_left_out_until_it_recovers(start_router: Any, a_job: Any) -> None:
    """AIR-15, AIR-57: the check's verdict decides, is stored, and is told."""
    patient = Patient()
    router = await start_router({"veo3": patient})
    await router.eventually("SELECT status FROM provider_health", ["unhealthy"])
    await router.execute("UPDATE providers SET is_active = false WHERE key = 'local_stable_video'")
    job = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    await router.tell(job)
    failed = await router.wait_for(JobFailed, job.job_id)
    assert (failed.code, failed.attempts) == ("PROVIDERS_UNAVAILABLE", 0)

    unwell = await _told(router)
    assert (unwell["status"], unwell["error"]) == ("unhealthy", "transient: not today")
    assert unwell["checked_at"] is not None
    patient.well = True
    await _part(router, "check_all").check_all()
    recovered = await _told(router)
    assert (recovered["status"], recovered["error"]) == ("healthy", None)


async def test_the_hourly_allowance_is_kept(start_router: Any, a_job: Any) -> None:
    """Calls of the last hour count against the catalogue's figure; older ones do not (AIR-46)."""
    patient = Patient()
    patient.well = True
    router = await start_router({"veo3": patient}, consume=False)
    await router.tell(a_job(Capability.VIDEO_GENERATION))
    await router.execute("UPDATE providers SET requests_per_hour = 2 WHERE key = 'veo3'")
    routing = router.service.app.state.router
    asked = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    for minutes, expected in ((90, "veo3"), (30, "veo3"), (10, "local_stable_video")):
        await router.execute(
            "INSERT INTO provider_calls (id, job_id, provider, capability, attempt, paid, state, started_at) "
            "SELECT $1, id, 'veo3', 'video_generation', 1, true, 'failed', now() - make_interval(mins => $2) "
            "FROM ai_jobs",
            ids.uuid7(),
            minutes,
        )
        choice, _ = await routing.choose(asked)
        assert choice.ranked[0].provider == expected, minutes


async def test_an_odd_answer_of_one_says_nothing_of_the_others(start_router: Any, a_job: Any) -> None:
    """An adapter that stumbles over an answer is unwell; the news of its neighbours are stored all the same."""

    class Odd(Patient):
        key = "runway_act2"

        async def healthy(self) -> None:
            raise KeyError("status")

    patient = Patient()
    patient.well = True
    router = await start_router({"veo3": patient, "runway_act2": Odd()})
    await router.eventually(
        "SELECT provider || ' ' || status FROM provider_health ORDER BY provider",
        ["runway_act2 unhealthy", "veo3 healthy"],
    )
    (row,) = await router.fetch("SELECT error_message FROM provider_health WHERE provider = 'runway_act2'")
    assert row["error_message"] == "could not be asked: KeyError('status')"


async def test_one_of_several_processes_asks_and_all_know(start_router: Any, a_job: Any) -> None:
    """DEP-19: a turn is one process's; what it finds counts for the choices of the others and after a restart."""
    patients = [Patient(), Patient(), Patient()]
    first = await start_router({"veo3": patients[0]}, consume=False)
    others = [await start_router({"veo3": patient}, consume=False, url=first.database.url) for patient in patients[1:]]
    checks = [_part(router, "check_all") for router in (first, *others)]
    for one in checks:
        # A year, so that no turn ends while the test runs.
        one._every_s = 31_536_000.0
    await asyncio.gather(*(one.round() for one in checks))
    assert sum(patient.asked for patient in patients) == 1
    asked = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    for router in (first, *others):
        choice, _ = await router.service.app.state.router.choose(asked)
        assert [one.provider for one in choice.ranked] == ["local_stable_video"]


async def test_each_turn_is_taken_anew(start_router: Any) -> None:
    """By whoever comes first."""
    patient = Patient()
    router = await start_router({"veo3": patient}, consume=False)
    checks = _part(router, "check_all")
    checks._every_s = 0.001
    for _ in range(2):
        before = patient.asked

        async def asked_again(before: int = before) -> bool:
            await checks.round()
            return patient.asked > before

        async with asyncio.timeout(5):
            while not await asked_again():
                pass


async def test_every_process_knows_what_one_has_learnt(start_router: Any) -> None:
    """Open for all while one says so; one call of all processes tries; its success closes it for all."""
    api = await start_router({"veo3": Patient()}, consume=False)
    workers = [await start_router({"veo3": Patient()}, consume=False, url=api.database.url) for _ in range(2)]
    first, second = (worker.service.app.state.router for worker in workers)
    news = [_part(worker, "tell") for worker in workers]
    film = Capability.VIDEO_GENERATION

    async def breaker() -> str:
        for one in news:
            await one.tell()
        for routing in (first, second):
            await routing.book.current()
        return str((await _told(api))["breaker"])

    assert await breaker() == "closed"
    for _ in range(FAILURES_TO_OPEN):
        first.failed("veo3", film, FailureClass.TRANSIENT)
    assert await breaker() == "open"
    assert second.breaker_open("veo3", film), "the other process has not failed once, and does not ask either"
    assert not second.breaker_open("veo3", film, "veo-3.1-fast"), "another model has a breaker of its own"
    await api.execute("UPDATE breakers SET opened_until = now() - interval '1 second'")
    first._ticks = lambda: time.monotonic() + 1000
    assert await breaker() == "half_open"
    assert await may_try(api.database, second, "veo3", film)
    assert not await may_try(api.database, first, "veo3", film), "one call of all processes tries"
    await first.book.current()
    assert first.breaker_open("veo3", film)
    second.succeeded("veo3", film)
    assert await breaker() == "closed"
    first.succeeded("veo3", film)
    assert not first.breaker_open("veo3", film)
    assert await may_try(api.database, first, "veo3", film)


async def test_a_quota_closes_all_of_a_vendor_until_its_date(start_router: Any) -> None:
    """As the vendor says, and whatever is asked of it."""
    router = await start_router({"veo3": Patient()}, consume=False)
    routing = router.service.app.state.router
    until = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    routing.failed("veo3", Capability.VIDEO_GENERATION, FailureClass.QUOTA, until=until)
    await _part(router, "tell").tell()
    (row,) = await router.fetch("SELECT capability, opened_until, why FROM breakers")
    assert (row["capability"], row["why"]) == ("*", "quota")
    assert abs(row["opened_until"] - datetime.fromisoformat(until)) < timedelta(seconds=5)
    assert routing.breaker_open("veo3", Capability.IMAGE_EDIT)
    assert (await _told(router))["breaker"] == "open"


async def test_an_operator_holds_and_closes_a_breaker_for_all(start_router: Any, as_admin: Any) -> None:
    """With a reason; others may not, and what the catalogue does not list is not there."""
    router = await start_router({"veo3": Patient()}, consume=False, verifier=as_admin)
    routing = router.service.app.state.router
    path, film = "/api/v1/admin/router/breakers/veo3/video_generation", Capability.VIDEO_GENERATION
    admin = {"Authorization": f"Bearer admin-{ids.uuid7()}"}
    body = {"state": "open", "for_s": 60, "reason": "announced outage"}
    held = await router.http.put(path, json=body, headers=admin)
    assert held.status_code == 200, held.text
    assert [one["state"] for one in held.json()["breakers"]] == ["open"]
    await routing.book.current()
    assert routing.breaker_open("veo3", film)
    routing.succeeded("veo3", film)
    await _part(router, "tell").tell()
    assert await router.fetch("SELECT 1 FROM breakers"), "a call that was under way does not end what a person holds"
    for _ in range(FAILURES_TO_OPEN):
        routing.failed("veo3", film, FailureClass.TRANSIENT)
    closed = await router.http.put(path, json={**body, "state": "closed"}, headers=admin)
    assert closed.json()["breakers"] == []
    await routing.book.current()
    assert not routing.breaker_open("veo3", film)
    unknown = await router.http.put(path.replace("veo3", "nobody"), json=body, headers=admin)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_listed")
    stranger = await router.http.put(path, json=body, headers={"Authorization": f"Bearer {ids.uuid7()}"})
    assert stranger.status_code == 403


async def test_what_was_put_off_is_tried_again_at_the_rate_of_who_is_back(start_router: Any, a_job: Any) -> None:
    """In the order of the lanes, never later than it would have been, and nothing of another kind."""
    router = await start_router({"veo3": Patient()}, consume=False)
    jobs = [a_job(Capability.VIDEO_GENERATION, plan=plan) for plan in ("free", "enterprise", "pro")]
    await router.tell(*jobs, other := a_job(Capability.IMAGE_EDIT))
    await router.execute(
        "UPDATE work SET run_after = now() + interval '4 minutes', payload = jsonb_set(payload, '{round}', '1')"
    )
    routing = router.service.app.state.router
    await routing.snapshot()
    for _ in range(FAILURES_TO_OPEN):
        routing.failed("veo3", Capability.VIDEO_GENERATION, FailureClass.TRANSIENT)
    await _part(router, "tell").tell()
    await routing.snapshot()
    routing.succeeded("veo3", Capability.VIDEO_GENERATION)
    await _part(router, "tell").tell()
    rows = await router.fetch("SELECT id, run_after - now() AS left FROM work ORDER BY run_after")
    assert [row["id"] for row in rows] == [jobs[1].job_id, jobs[2].job_id, jobs[0].job_id, other.job_id]
    apart = [(after["left"] - before["left"]).total_seconds() for before, after in pairwise(rows[:3])]
    assert apart == pytest.approx([36.0, 36.0]), "a hundred an hour"


async def test_a_change_of_health_is_told_once(start_router: Any) -> None:
    """Not each check that finds the same."""
    patient = Patient()
    router = await start_router({"veo3": patient}, consume=False)
    checks = _part(router, "check_all")
    for well in (True, True, False, False, True):
        patient.well = well
        await checks.check_all()
    await wait_until(lambda: len(router.events(ProviderHealthChanged)) == 2, timeout_s=10)
    told = router.events(ProviderHealthChanged)
    assert [(event.provider, event.healthy) for event in told] == [("veo3", False), ("veo3", True)]
    assert "not today" in told[0].error and told[1].error is None
