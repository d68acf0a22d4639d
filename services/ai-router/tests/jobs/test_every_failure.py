"""Whatever a provider is asked for and however it fails, the job ends as the table of consequences says."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ai_router.providers.port import Declaration, FailureClass, ProviderFailure, ProviderRequest, ProviderResult
from ai_router.routing.failures import CONSEQUENCES
from chassis.messaging.consumer import wait_until
from contracts.ai_router import FallbackUsed, JobCompleted, JobFailed
from contracts.enums import Capability
from contracts.objects import StoredObject

EVERYTHING = tuple(
    Declaration(capability, ("anything",), frozenset({"fails"}), "job", "key") for capability in Capability
)
ROLES: Mapping[Capability, str] = {
    Capability.VIDEO_GENERATION: "video",
    Capability.LIP_SYNC: "video",
    Capability.AUDIO_GENERATION: "audio",
    Capability.MUSIC_GENERATION: "audio",
}


class Failing:
    """Fails as the request says, each time."""

    key = "a_failing"
    declarations = EVERYTHING

    def __init__(self) -> None:
        self.asked: list[tuple[Capability, str]] = []

    async def healthy(self) -> None:
        return None

    async def perform(self, request: ProviderRequest, *_: Any) -> ProviderResult:
        failure = FailureClass(request.parameters["fails"])
        self.asked.append((request.capability, failure))
        raise ProviderFailure(failure, f"scripted {failure}", user_message=f"words for {failure}")


class Steady(Failing):
    """Does whatever it is asked."""

    key = "b_steady"

    async def perform(self, request: ProviderRequest, *_: Any) -> ProviderResult:
        role = ROLES.get(request.capability, "image")
        stored = StoredObject(key=f"{role}s/made.x", sha256="1" * 64, size=3, mime_type=f"{role}/x")
        return ProviderResult(outputs={role: stored}, units=Decimal(1), data={"made": True})


async def test_every_capability_ends_right_after_every_failure(
    start_router: Any, a_job: Any, judge: Any, quick: Any, monkeypatch: Any
) -> None:
    """The next one does it, but for what the user has to change; it is told once, and nothing stays open."""
    failing = Failing()
    router = await start_router(
        {"a_failing": failing, "b_steady": Steady()},
        validator=judge(),
        options=quick(),
        settings={"job_concurrency": 8},
    )
    # Breakers would spare most of these calls, and are not the subject.
    monkeypatch.setattr(router.service.app.state.router, "failed", lambda *_, **__: None)
    jobs = [
        a_job(capability, parameters={"fails": failure.value}) for capability in Capability for failure in FailureClass
    ]
    await router.tell(*jobs)
    await wait_until(
        lambda: len(router.events(JobCompleted)) + len(router.events(JobFailed)) == len(jobs), timeout_s=60
    )
    wrong = {}
    for job in jobs:
        failure = FailureClass(job.parameters["fails"])
        done, failed = router.events(JobCompleted, job.job_id), router.events(JobFailed, job.job_id)
        told = router.events(FallbackUsed, job.job_id)
        if CONSEQUENCES[failure].then == "fail":
            right = not done and [end.message for end in failed] == [f"words for {failure}"] and not told
        else:
            right = [end.provider for end in done] == ["b_steady"] and not failed
            right = right and [(one.failed, one.failure) for one in told] == [("a_failing", failure)]
        if not right:
            wrong[job.capability, failure] = (done, failed, told)
    assert wrong == {}
    again = sum(CONSEQUENCES[failure].then == "again" for failure in FailureClass)
    assert len(failing.asked) == len(Capability) * (len(FailureClass) + again), "what may work in a moment, twice"
    assert await router.fetch("SELECT 1 FROM work") == []
    assert await router.fetch("SELECT 1 FROM provider_calls WHERE state IN ('calling', 'accepted')") == []
