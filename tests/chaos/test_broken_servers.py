"""F04, F12, F13 and crashes of single processes in the distributed topology: nothing lost or doubled, money exact."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from tests.chaos import rolling
from tests.chaos.auditor import MESSAGING, Auditor, Witness
from tests.chaos.load import Load, Plan

from chassis.faults import EXIT_CODE
from chassis.run.private_rabbitmq import BreakableBroker, start_breakable
from chassis.testing.folders import quick_folder
from chassis.testing.pace import slowness
from talkingphoto_runner.distributed import DistributedPlatform
from talkingphoto_runner.layout import Home

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(300)]

SETTLE_S = 120.0
NEW_WITHIN_S = 5.0
DONE_WITHIN_S = 60.0
"""On a usual laptop."""
TAKEN_OVER_WITHIN_S = 10.0
"""Far less than is left of a lease, so it was not waited for."""
PLAN = Plan(runs=3)
in_make_chaos = pytest.mark.skipif("not config.getoption('--all-points')", reason="takes minutes: with --all-points")
"""Rollouts replace every process, one after another."""
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
    told: list[str]

    @property
    def auditor(self) -> Auditor:
        return Auditor({name: self.platform.database_url(name) for name in MESSAGING})

    async def survive(self, fault: Callable[[], Awaitable[None]], *, seed: int, settle_s: float = SETTLE_S) -> Witness:
        """Load, fault in the middle of it, quiet, audit; returns what the clients saw."""
        witness = Witness()
        load = asyncio.create_task(Load(self.platform.url, witness, seed, PLAN, patience_s=120).run())
        await _until(lambda: bool(witness.accepted) or load.done(), timeout_s=90)
        await fault()
        await asyncio.wait_for(load, timeout=150)
        await self.auditor.settle(witness, patience_s=settle_s)
        violations = await self.auditor.audit(witness)
        assert not violations, "\n".join(map(str, violations))
        return witness


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def breakable() -> AsyncIterator[Breakable]:
    folder = quick_folder("talkingphoto-broken-")
    broker = await start_breakable(folder / "broker")
    told: list[str] = []
    platform = DistributedPlatform(
        Home(folder / "home"),
        broker=broker,
        environment={"*": {"retry_delays_s": [0.2, 0.4, 0.8]}, "billing": {"opening_plan": "enterprise"}},
        tell=told.append,
    )
    try:
        await platform.start()
        made = Breakable(platform, broker, told)
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
        dead = breakable.platform.postgres.pid
        breakable.platform.postgres.kill()
        await _until(lambda: breakable.platform.postgres.runs_as not in (None, dead), timeout_s=NEW_WITHIN_S)

    await breakable.survive(fault, seed=4)
    assert "database was killed (SIGKILL); it is started again at once." in breakable.told


async def test_processes_die_at_the_points_of_the_broker_path(breakable: Breakable) -> None:
    """One process at each of them, in the same load; the second passage, so that something had gone well before."""
    platform = breakable.platform
    armed = {}
    for process, passage in PASSAGES.items():
        await platform.stop_process(process)
        await platform.start_process(process, extra={"FAULT": f"{passage}:2"})
        armed[process] = platform.processes[process]

    async def dies_and_returns(process: str) -> None:
        assert await asyncio.wait_for(armed[process].wait(), timeout=90) == EXIT_CODE, process
        await _until(lambda: platform.processes[process] != armed[process], timeout_s=NEW_WITHIN_S)

    async def fault() -> None:
        await asyncio.gather(*(dies_and_returns(process) for process in PASSAGES))

    await breakable.survive(fault, seed=1)


async def test_what_dies_is_started_again_and_every_run_is_done(
    breakable: Breakable, victims: Sequence[str], record_property: Callable[[str, object], None]
) -> None:
    """One process after another, all under the same runs; the next one when the last has come back."""
    platform = breakable.platform
    killed_at = 0.0

    def note(what: str) -> None:
        record_property(what, round(time.monotonic() - killed_at, 1))

    async def fault() -> None:
        for victim in victims:
            breakable.told.clear()
            dead = platform.processes[victim]
            held = await _held_leases(platform, victim)
            nonlocal killed_at
            killed_at = time.monotonic()
            dead.kill()
            await _until(lambda dead=dead, victim=victim: platform.processes[victim] != dead, timeout_s=NEW_WITHIN_S)
            note(f"{victim}: new process after s")
            await _until(lambda victim=victim: f"{victim} is ready again." in breakable.told, timeout_s=60)
            note(f"{victim}: ready after s")
            assert breakable.told[0].startswith(f"{victim} was killed (SIGKILL); it is started again ")
            async with asyncio.timeout(TAKEN_OVER_WITHIN_S):
                while held & await _held_leases(platform, victim):
                    await asyncio.sleep(0.05)

    await breakable.survive(fault, seed=2, settle_s=DONE_WITHIN_S * slowness())
    note("every run done after s")


@in_make_chaos
@pytest.mark.timeout(900)
async def test_every_process_is_restarted_and_nobody_notices(breakable: Breakable) -> None:
    """F03: one after another under orders: whoever is turned away is told when to come back; nothing lost."""
    platform, witness, done = breakable.platform, Witness(), asyncio.Event()
    async with rolling.balanced(platform) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        orders = asyncio.create_task(rolling.orders_until(done, url, witness, PLAN, seed=300))
        await _until(lambda: bool(witness.accepted) or orders.done(), timeout_s=90)
        for name in rolling.order_of_a_rollout(platform):
            await rolling.restart(platform, proxy, name)
        done.set()
        await asyncio.wait_for(orders, timeout=150)
    assert rolling.not_told_to_retry(witness) == []
    await breakable.auditor.settle(witness, patience_s=SETTLE_S)
    violations = await breakable.auditor.audit(witness)
    assert not violations, "\n".join(map(str, violations))


@in_make_chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("older", ["api", "worker"])
async def test_the_release_before_works_beside_this_one_on_the_new_schema(
    breakable: Breakable, older: str, tmp_path: Path
) -> None:
    """In the middle of a rollout, and after one was taken back: what either writes the other reads."""
    platform, witness = breakable.platform, Witness()
    names = [name for name in platform.processes if name.endswith(f".{older}")]
    with rolling.release_before(tmp_path) as code:
        try:
            for name in names:
                await platform.stop_process(name)
                await platform.start_process(name, extra={"PYTHONPATH": code})
                assert str(tmp_path) in Path(f"/proc/{platform.processes[name].pid}/environ").read_text()
            await Load(platform.url, witness, 310, PLAN, patience_s=120).run()
            await breakable.auditor.settle(witness, patience_s=SETTLE_S)
            violations = await breakable.auditor.audit(witness)
            assert not violations, "\n".join(map(str, violations))
        finally:
            for name in names:
                await platform.stop_process(name)
                await platform.start_process(name)


async def _held_leases(platform: DistributedPlatform, process: str) -> set[object]:
    """Of the work that this process has in hand."""
    service, kind = process.split(".")
    if kind != "worker":
        return set()
    connection = await platform.postgres.connect(service)
    try:
        return {row[0] for row in await connection.fetch("SELECT lease_token FROM work WHERE lease_until > now()")}
    finally:
        await connection.close()


async def _until(condition: Callable[[], bool], *, timeout_s: float) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)
