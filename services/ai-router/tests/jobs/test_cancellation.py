"""Somebody who is cancelled while jobs are accepted costs nobody else a job."""

from __future__ import annotations

from typing import Any

from chassis import ids
from chassis.testing.cancelling import bystander, every_await
from contracts.ai_router import CancelJob


async def test_a_neighbour_keeps_its_job_wherever_the_router_was_cancelled(start_router: Any, a_job: Any) -> None:
    """At every await from the message to its commit: the job, its work and its inbox row are there for others."""
    router = await start_router(consume=False)

    async def accept_and_cancel() -> None:
        await router.tell(a_job(), CancelJob(job_id=ids.uuid7(), run_id=ids.uuid7(), reason="no longer wanted"))

    async with bystander(router.database) as others:
        cancelled = 0
        async for _ in every_await(accept_and_cancel, rounds=4):
            cancelled += 1
            job = a_job()
            delivery = router.delivery(job)
            await router.deliver(delivery)
            seen = await others.fetchrow(
                "SELECT (SELECT status FROM ai_jobs WHERE id = $1) AS status, "
                "EXISTS (SELECT FROM work WHERE id = $1) AS work, "
                "EXISTS (SELECT FROM inbox WHERE message_id = $2::text::uuid) AS seen",
                job.job_id,
                delivery.headers["cloudEvents:id"],
            )
            assert tuple(seen) == ("pending", True, True), f"after {cancelled} cancellations"
        assert cancelled > 10
        halves = await others.fetch(
            "SELECT id FROM ai_jobs FULL JOIN work USING (id) "
            "WHERE (ai_jobs.status IN ('pending', 'processing')) IS DISTINCT FROM (work.id IS NOT NULL)"
        )
        assert halves == []
