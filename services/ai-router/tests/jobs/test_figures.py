"""Figures over jobs."""

from __future__ import annotations

from typing import Any

from ai_router.statistics.queries import by_status
from contracts.ai_router import JobCompleted


async def test_jobs_are_counted_by_state_for_administrators(
    start_router: Any, a_job: Any, painter: Any, judge: Any
) -> None:
    router = await start_router({"local_upscaler": painter("local")}, validator=judge())
    job = a_job(run_id=None)
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)
    async with router.database.transaction() as tx:
        assert await by_status(tx) == {"completed": 1}
    answer = await router.http.get("/internal/statistics", headers={"Authorization": f"Bearer {job.user_id}"})
    assert answer.status_code == 403, "this user is none"
