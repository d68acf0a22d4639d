"""Health checks: a provider that is not well is not chosen, and what was found can be asked for."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from ai_router.health.breakers import TOLD_AGAIN_S
from ai_router.providers.port import Declaration, FailureClass, ProviderFailure
from ai_router.routing.breaker import FAILURES_TO_OPEN
from chassis import ids
from contracts.ai_router import JobFailed
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


async def test_the_process_that_answers_knows_the_breakers_of_those_that_work(start_router: Any) -> None:
    """Open while one process does not ask, for as long as that one says so and lives."""
    api = await start_router({"veo3": Patient()}, consume=False)
    workers = [await start_router({"veo3": Patient()}, consume=False, url=api.database.url) for _ in range(2)]
    routings = [worker.service.app.state.router for worker in workers]
    news = [_part(worker, "tell") for worker in workers]
    film = Capability.VIDEO_GENERATION

    async def breaker() -> str:
        for one in news:
            await one.tell()
        return str((await _told(api))["breaker"])

    assert await breaker() == "closed"
    routings[0].failed("veo3", film, FailureClass.TRANSIENT)
    assert await breaker() == "closed"
    for _ in range(FAILURES_TO_OPEN):
        routings[0].failed("veo3", film, FailureClass.TRANSIENT)
    assert await breaker() == "open"
    routings[1].failed("veo3", film, FailureClass.AUTH)
    routings[0].succeeded("veo3", film)
    assert await breaker() == "open", "the other process does not ask it"
    routings[1]._ticks = lambda: time.monotonic() + 1000
    assert await breaker() == "half_open"
    routings[1].succeeded("veo3", film)
    assert await breaker() == "closed"

    routings[0].failed("veo3", film, FailureClass.AUTH)
    assert await breaker() == "open"
    await api.execute("UPDATE provider_breakers SET told_at = told_at - interval '31 seconds'")
    assert (await _told(api))["breaker"] == "closed", "nobody has said so for a while"


async def test_a_breaker_that_stays_open_is_told_again(start_router: Any) -> None:
    """Or those who ask would take the process for dead."""
    router = await start_router({"veo3": Patient()}, consume=False)
    news = _part(router, "tell")
    router.service.app.state.router.failed("veo3", Capability.VIDEO_GENERATION, FailureClass.AUTH)
    await news.tell()
    await router.execute("UPDATE provider_breakers SET told_at = told_at - interval '31 seconds'")
    await news.tell()
    assert (await _told(router))["breaker"] == "closed", "not with each look"
    news._told_at -= TOLD_AGAIN_S
    await news.tell()
    assert (await _told(router))["breaker"] == "open"
