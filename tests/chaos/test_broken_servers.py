"""F04, F12, F13 and crashes of single processes in the distributed topology: nothing lost or doubled, money exact."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from tests.chaos.auditor import MESSAGING, Auditor, Witness
from tests.chaos.load import Load, Plan

from chassis.faults import EXIT_CODE
from chassis.run.private_rabbitmq import BreakableBroker, start_breakable
from talkingphoto_runner.distributed import DistributedPlatform
from talkingphoto_runner.layout import Home

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(300)]

SETTLE_S = 120.0
PLAN = Plan(runs=3)
PASSAGES = {
    "workflow.worker": "rabbitmq.before_ack",
    "billing.worker": "rabbitmq.after_ack",
    "ai_router.worker": "rabbitmq.before_publish",
    "export.worker": "rabbitmq.after_publish",
}


@dataclass
class Breakable:
    """A distributed platform and the broker under it."""

    platform: DistributedPlatform
    broker: BreakableBroker

    @property
    def auditor(self) -> Auditor:
        return Auditor({name: self.platform.database_url(name) for name in MESSAGING})

    async def survive(self, fault: Callable[[], Awaitable[None]], *, seed: int) -> Witness:
        """Load, fault in the middle of it, quiet, audit; returns what the clients saw."""
        witness = Witness()
        load = asyncio.create_task(Load(self.platform.url, witness, seed, PLAN, patience_s=120).run())
        await _until(lambda: bool(witness.accepted) or load.done(), timeout_s=90)
        await fault()
        await asyncio.wait_for(load, timeout=150)
        await self.auditor.settle(witness, patience_s=SETTLE_S)
        violations = await self.auditor.audit(witness)
        assert not violations, "\n".join(map(str, violations))
        return witness


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def breakable() -> AsyncIterator[Breakable]:
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-broken-"))
    broker = await start_breakable(folder / "broker")
    platform = DistributedPlatform(
        Home(folder / "home"),
        broker=broker,
        environment={"*": {"retry_delays_s": [0.2, 0.4, 0.8], "job_lease_s": 3, "export_lease_s": 3}},
    )
    try:
        await platform.start()
        made = Breakable(platform, broker)
        await made.auditor.watch()
        yield made
    finally:
        await platform.stop()
        await broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def test_the_broker_is_killed(breakable: Breakable) -> None:
    """F12: HTTP goes on taking orders the whole time; what waited in outboxes arrives afterwards."""

    async def fault() -> None:
        await breakable.broker.kill()
        during = Witness()
        await Load(breakable.platform.url, during, 121, PLAN, patience_s=20).run()
        assert len(during.accepted) == PLAN.runs + PLAN.speechless
        await breakable.broker.start()
        seen.update(during.accepted)

    seen: set[object] = set()
    await breakable.survive(fault, seed=12)
    assert seen


async def test_the_broker_is_frozen(breakable: Breakable) -> None:
    """F13: no answer waits for a broker that does not answer."""

    async def fault() -> None:
        breakable.broker.freeze()
        try:
            started = time.monotonic()
            during = Witness()
            await Load(breakable.platform.url, during, 131, PLAN, patience_s=20).run()
            slowest.append(max(answer.seconds for answer in during.answers))
            await asyncio.sleep(max(0.0, 5.0 - (time.monotonic() - started)))
        finally:
            breakable.broker.thaw()

    slowest: list[float] = []
    await breakable.survive(fault, seed=13)
    assert slowest[0] < 5.0


async def test_the_database_is_killed(breakable: Breakable) -> None:
    """F04: the postmaster dies under load and comes back."""

    async def fault() -> None:
        breakable.platform.postgres.kill()
        await breakable.platform.postgres.start()

    await breakable.survive(fault, seed=4)


async def test_processes_die_at_the_points_of_the_broker_path(breakable: Breakable) -> None:
    """One process at each of them, in the same load; the second passage, so that something had gone well before."""
    platform = breakable.platform
    for process, passage in PASSAGES.items():
        await platform.stop_process(process)
        await platform.start_process(process, extra={"FAULT": f"{passage}:2"})

    async def dies_and_returns(process: str) -> None:
        assert await asyncio.wait_for(platform.processes[process].wait(), timeout=90) == EXIT_CODE, process
        await platform.start_process(process)

    async def fault() -> None:
        await asyncio.gather(*(dies_and_returns(process) for process in PASSAGES))

    await breakable.survive(fault, seed=1)


async def _until(condition: Callable[[], bool], *, timeout_s: float) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)
