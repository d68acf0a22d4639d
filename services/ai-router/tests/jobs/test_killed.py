"""A worker that is killed anywhere around a submission: the vendor accepts what was ordered once, and the job ends."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ai_router.jobs.running.vendor import submits
from chassis import ids
from chassis.faults import EXIT_CODE
from simulators.matrix.scenarios import SCENARIOS, bench, input_of, settings_for
from simulators.serve import serving
from simulators.vendors.catalogue import AI

POINTS = (
    "provider.before_submit",
    "provider.after_submit",
    "provider.before_poll",
    "provider.after_poll",
    "provider.before_fetch",
    "provider.after_fetch",
)
SEEDS = int(os.environ.get("KILLS", "0"))
"""Of each point; without any the two around the submission itself are tried once. Fifty by ``make chaos``."""
CASES = [(point, seed) for point in POINTS for seed in range(SEEDS)] or [(point, 1) for point in POINTS[:2]]


def _asynchronous() -> list[Any]:
    """One scenario of each vendor that takes jobs and is asked again."""
    made = bench()
    found = {one.provider: one for one in SCENARIOS if submits(type(made.providers[one.provider]))}
    return sorted(found.values(), key=lambda one: one.provider)


@pytest.mark.parametrize(("point", "seed"), CASES)
async def test_never_two_accepted_submissions(
    start_router: Any, a_job: Any, tmp_path: Path, point: str, seed: int
) -> None:
    """Killed once at the point, and once more by chance, then left to finish."""
    chance = random.Random(f"{point} {seed}")
    scenario = chance.choice(_asynchronous())
    with serving([AI[scenario.vendor]()]) as served:
        simulator = served[scenario.vendor]
        environment = settings_for({scenario.vendor: simulator.url})
        router = await start_router(consume=False)
        user = ids.uuid7()
        inputs = {role: await _stored(router.store, user, role) for role in scenario.inputs}
        job = a_job(
            scenario.capability,
            user_id=user,
            inputs=inputs,
            parameters=dict(scenario.parameters),
            prefer=scenario.provider,
            budget=Decimal(1000),
        )
        await router.tell(job)
        faults = [f"{point}:1", *([f"{chance.choice(POINTS)}:1"] if chance.random() < 0.5 else [])]
        codes = [await _work(router, tmp_path, job, environment | {"FAULT": fault}) for fault in faults]
        codes.append(await _work(router, tmp_path, job, environment))
        assert codes[0] == EXIT_CODE, "it was killed"
        assert codes[-1] == 0, "the job has ended"
        accepted = len(simulator.simulator.ledger)
        calls = await router.fetch("SELECT state, cost FROM provider_calls WHERE paid ORDER BY attempt")
        assert accepted <= 1, f"{scenario.provider}: {accepted} submissions were accepted"
        assert all(call["state"] in ("succeeded", "failed", "unknown") for call in calls), "none is left open"
        assert not accepted or sum(call["cost"] for call in calls) > 0, "what was accepted is in the books"


async def _stored(store: Any, user: Any, role: str) -> Any:
    content, mime_type = input_of(role)
    return await store.put_bytes(content, f"images/{user}/{role}.{mime_type.split('/')[1]}", mime_type)


async def _work(router: Any, folder: Path, job: Any, environment: dict[str, str]) -> int:
    """A worker's life; its exit code."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("killed_router.py")),
        router.database.url,
        str(folder / "objects"),
        str(job.job_id),
        env=os.environ | environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await asyncio.wait_for(child.communicate(), 60)
    except TimeoutError:
        child.kill()
        raise
    assert child.returncode in (0, EXIT_CODE), said.decode()[-2000:]
    return child.returncode
