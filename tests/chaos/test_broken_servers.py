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
from tests.chaos.load import Load

from chassis.faults import EXIT_CODE
from chassis.private_rabbitmq import BreakableBroker, start_breakable
from talkingphoto.platform.distributed import DistributedPlatform
from talkingphoto.platform.layout import Home

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(300)]

SETTLE_S = 120.0


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
        load = asyncio.create_task(Load(self.platform.url, witness, seed, patience_s=120).run())
        await _until(lambda: bool(witness.accepted) or load.done(), timeout_s=90)
        await fault()
        await asyncio.wait_for(load, timeout=150)
        await self.auditor.settle(witness, timeout_s=SETTLE_S)
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
        yield Breakable(platform, broker)
    finally:
        await platform.stop()
        await broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def test_the_broker_is_killed(breakable: Breakable) -> None:
    """F12: HTTP goes on taking orders the whole time; what waited in outboxes arrives afterwards."""

    async def fault() -> None:
        await breakable.broker.kill()
        during = Witness()
        await Load(breakable.platform.url, during, 121, patience_s=20).run()
        assert len(during.accepted) == 5
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
            await Load(breakable.platform.url, during, 131, patience_s=20).run()
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
        async with asyncio.timeout(30):
            while True:
                try:
                    await breakable.platform.postgres.start()
                    return
                except Exception:
                    # Backends of the dead postmaster still hold its memory for a moment.
                    await asyncio.sleep(0.2)

    await breakable.survive(fault, seed=4)


@pytest.mark.parametrize(
    ("process", "passage"),
    [
        ("workflow.worker", "rabbitmq.before_ack"),
        ("billing.worker", "rabbitmq.after_ack"),
        ("ai_router.worker", "rabbitmq.before_publish"),
        ("export.worker", "rabbitmq.after_publish"),
    ],
)
async def test_a_process_dies_at_a_point_of_the_broker_path(breakable: Breakable, process: str, passage: str) -> None:
    platform = breakable.platform
    await platform.stop_process(process)
    await platform.start_process(process, extra={"FAULT": f"{passage}:2"})

    async def fault() -> None:
        victim = platform.processes[process]
        assert await asyncio.wait_for(victim.wait(), timeout=90) == EXIT_CODE
        await platform.start_process(process)

    await breakable.survive(fault, seed=1)


async def _until(condition: Callable[[], bool], *, timeout_s: float) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)
