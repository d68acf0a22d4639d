"""Health checks: a provider that is not well is not chosen, and what was found can be asked for."""

from __future__ import annotations

from typing import Any

from ai_router.providers.port import Declaration, FailureClass, ProviderFailure
from chassis import ids
from contracts.ai_router import JobFailed
from contracts.enums import Capability


class Patient:
    """A provider that is as well as it is told to be."""

    key = "veo3"
    declarations = (Declaration(Capability.VIDEO_GENERATION, ("one",), frozenset(), "second", "none"),)
    well = False

    async def healthy(self) -> None:
        if not self.well:
            raise ProviderFailure(FailureClass.TRANSIENT, "not today")

    async def perform(self, *_: Any) -> Any:
        raise ProviderFailure(FailureClass.TRANSIENT, "must not be asked")


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

    me = {"Authorization": f"Bearer {ids.uuid7()}"}

    async def told() -> Any:
        services = (await router.http.get("/api/v1/ai/services/health", headers=me)).json()["services"]
        return next(one for one in services if one["provider"] == "veo3")

    unwell = await told()
    assert (unwell["status"], unwell["error"]) == ("unhealthy", "transient: not today")
    assert unwell["checked_at"] is not None
    patient.well = True
    (checks,) = [part for part in router.service.background if hasattr(part, "check_all")]
    await checks.check_all()
    assert ((await told())["status"], (await told())["error"]) == ("healthy", None)


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
