"""A router in a process of its own, which a test kills: ``python killed_router.py URL FOLDER JOB``.

It works until the job has ended, then leaves with 0. ``FAULT`` says where it is killed.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from ai_router.composition import SPEC, build
from ai_router.jobs.running.runner import RunnerOptions
from ai_router.jobs.running.validation import Verdict
from ai_router.jobs.running.vendor import Polling
from chassis.storage.folder import FolderStore
from chassis.testing.running import RunningSlice, running_slice
from chassis.work.process_pool import ProcessPool


class Content:
    """Is content with whatever comes: what is delivered is other tests' subject."""

    async def check(self, *_: Any) -> Verdict:
        return Verdict(9.0)


async def work(url: str, folder: Path, job_id: UUID) -> None:
    """Carry out what is queued until the job has ended."""
    options = RunnerOptions(Polling(first_s=0.01, most_s=0.05, stop_s=30.0), quick_retry_s=0.01, rounds_s=())
    spec = replace(SPEC, build=partial(build, validator=Content(), options=options))
    pool = ProcessPool(1)
    await pool.start()
    settings = {"catalogue_max_age_s": 0.0, "alone": True}
    store = FolderStore(folder)
    async with running_slice(
        spec, RunningSlice, url=url, store=store, processes=pool, settings=settings, alone=True
    ) as router:
        while not await router.fetch(
            "SELECT 1 FROM ai_jobs WHERE id = $1 AND status NOT IN ('pending', 'processing')", job_id
        ):
            await asyncio.sleep(0.02)
    await pool.stop()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2]), UUID(sys.argv[3])))
