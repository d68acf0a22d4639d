"""Progress of long jobs is told, late rather than never."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from ai_router.jobs import repository
from ai_router.jobs.running import progress
from chassis.messaging.consumer import wait_until
from contracts.ai_router import JobCompleted, JobProgressed
from contracts.enums import Capability


@pytest.mark.parametrize("failure", [ConnectionRefusedError("no database"), KeyError("ours")], ids=repr)
async def test_what_could_not_be_told_is_told_at_the_next_turn(
    start_router: Any,
    a_job: Any,
    studio: Any,
    judge: Any,
    quick: Any,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
) -> None:
    """The job reports half of its way once and nothing new after that."""
    veo = studio(polls_needed=10**9)
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    save_progress = repository.save_progress
    failures = [failure]

    async def fails_once(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return await save_progress(*arguments)

    monkeypatch.setattr(progress, "EVERY_S", 0.05)
    monkeypatch.setattr(repository, "save_progress", fails_once)
    job = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    with capture_logs() as logs:
        await router.tell(job)
        # That it has begun may have been told before the vendor reported half.
        await wait_until(
            lambda: (
                [(told.provider, told.progress) for told in router.events(JobProgressed, job.job_id)][-1:]
                == [("veo3", 50)]
            ),
            timeout_s=30,
        )
    assert failures == []
    assert [line["part"] for line in logs if line["event"].startswith("periodic.")] == ["progress of jobs"]

    veo.polls_needed = 0
    await router.wait_for(JobCompleted, job.job_id)
