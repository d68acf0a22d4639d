"""F01: the process dies at a named point, comes back, and every promise is kept.

A platform dies at several points in a row, each time with new orders on top of what the last crash left unfinished, so
that recovering is crashed too. Then it is left alone until everything has ended, and audited.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import pytest
from tests.chaos.auditor import Auditor, Witness
from tests.chaos.embedded import EmbeddedChild
from tests.chaos.load import Load, Plan
from tests.chaos.points import ELSEWHERE, REPOSITORY, SCOPES, declared
from tests.chaos.products import ProductLoad

from chassis.faults import EXIT_CODE
from talkingphoto.trace import Span, find, tree

SETTLE_S = 120.0
FIRST, FURTHER = Plan(runs=2, cancelled=1, speechless=1), Plan(runs=2, cancelled=1, speechless=0)
SWEPT_IN_USERS = ("users.outbox.before_delete", "users.outbox.after_delete")
SWEPT_AFTER_S = 1.5
"""An outbox is swept a second after its last message was confirmed."""
LOADS_A_POINT = 6
"""So often new orders are placed until a point has been passed as often as wanted."""

# What must stand between two points: an act that cannot be taken back.
_ACTS = {
    "commit": r"\(\"COMMIT\"\)|self\._books\.write\(",
    "rename": r"\bos\.(?:replace|rename|link)\(|\bsource\.replace\(",
    "publish": r"await self\._bus\.publish\(",
    "acknowledge": r"\bwire\.acknowledge_frame\(",
    "vendor call": r"\.(?:submit|perform)\(request",
}


@pytest.mark.chaos
@pytest.mark.timeout(900)
async def test_crashes_at_one_point_after_another_lose_and_double_nothing(
    child: EmbeddedChild, points: Sequence[str], seed: int
) -> None:
    """``seed``: at which passage of each point the process dies."""
    witness = Witness()
    loads: list[asyncio.Task[None]] = []
    for point in points:
        await child.start(fault=f"{point}:{seed}")
        if child.exit_code is None:
            await Auditor(await child.database_urls()).watch()
        await _work_until_it_dies(child, witness, loads, point, seed)

    await child.start()
    auditor = Auditor(await child.database_urls())
    await auditor.watch()
    await asyncio.wait_for(asyncio.gather(*loads), timeout=90)
    await auditor.settle(witness, patience_s=SETTLE_S)
    violations = await auditor.audit(witness)
    assert await child.stop() == 0
    assert not violations, "\n".join(map(str, violations))
    assert not orphans(child, witness)


PRODUCT_POINTS = {
    "reely": (
        "storage.after_rename",
        "provider.before_perform",
        "provider.after_perform",
        "workflow.runs.consumer.before_ack",
        "workflow.transaction.after_commit",
        "ai_router.transaction.before_commit",
        "billing.commands.consumer.before_ack",
        "work.after_claim",
    ),
    "filmstudio": (
        "provider.after_perform",
        "storage.before_rename",
        "ai_router.transaction.after_commit",
        "workflow.runs.consumer.before_ack",
        "workflow.transaction.before_commit",
        "export.projects.consumer.before_ack",
        "workflow.assets.consumer.before_ack",
        "billing.transaction.after_commit",
    ),
    "pixie": (
        "provider.before_perform",
        "provider.after_perform",
        "ai_router.orders.consumer.before_ack",
        "ai_router.transaction.before_commit",
        "ai_router.transaction.after_commit",
        "workflow.assets.consumer.before_ack",
        "notify.jobs.consumer.before_ack",
        "billing.commands.consumer.before_ack",
    ),
}
"""Where an order of each line does something that an order of a talking photo does not, or in another place."""


@pytest.mark.chaos
@pytest.mark.timeout(1800)
async def test_crashes_lose_and_double_nothing_of_any_product(
    child: EmbeddedChild, line: str, points: Sequence[str], seed: int
) -> None:
    """The platform dies at one point after another, each time with new orders of a line; no file is left."""
    witness = Witness()
    loads: list[asyncio.Task[None]] = []
    for point in points:
        await child.start(fault=f"{point}:{seed}")
        if child.exit_code is None:
            await Auditor(await child.database_urls()).watch()
        crash = asyncio.create_task(child.died())
        for _ in range(LOADS_A_POINT):
            load = ProductLoad(child.url, witness, seed, patience_s=120, line=line)
            loads.append(asyncio.create_task(load.run()))
            settled = asyncio.create_task(_settled(child, witness, loads[-1]))
            await asyncio.wait({settled, crash}, return_when=asyncio.FIRST_COMPLETED)
            if crash.done():
                settled.cancel()
                break
            await settled
        assert crash.done(), f"{point} was not passed {seed} times"
        assert crash.result() == EXIT_CODE, f"{point}: ended with {crash.result()}\n{child.said()}"

    await child.start()
    auditor = Auditor(await child.database_urls())
    await auditor.watch()
    await asyncio.wait_for(asyncio.gather(*loads), timeout=120)
    await auditor.settle(witness, patience_s=SETTLE_S)
    violations = await auditor.audit(witness)
    assert await child.stop() == 0
    assert not violations, "\n".join(map(str, violations))
    assert not list(child.temporary.iterdir()), "a dead process left files"


async def _settled(child: EmbeddedChild, witness: Witness, load: asyncio.Task[None]) -> None:
    await load
    await Auditor(await child.database_urls()).settle(witness, patience_s=SETTLE_S)


def orphans(child: EmbeddedChild, witness: Witness) -> list[Span]:
    """Spans of the runs seen whose parent was lost in a crash."""
    traces = [trace for run_id in witness.accepted for trace in find(child.home.traces, str(run_id))]
    assert len(traces) >= len(witness.accepted)
    return [node.span for trace in traces for node in tree(trace) if node.orphan]


async def _work_until_it_dies(
    child: EmbeddedChild, witness: Witness, loads: list[asyncio.Task[None]], point: str, seed: int
) -> None:
    crash = asyncio.create_task(child.died())
    for _ in range(LOADS_A_POINT):
        plan = FURTHER if loads else FIRST
        load = Load(child.url, witness, seed, plan, patience_s=120)
        loads.append(asyncio.create_task(load.run()))
        await asyncio.wait({loads[-1], crash}, return_when=asyncio.FIRST_COMPLETED)
        if not crash.done():
            auditor = Auditor(await child.database_urls())
            settled = asyncio.create_task(auditor.settle(witness, patience_s=SETTLE_S))
            await asyncio.wait({settled, crash}, return_when=asyncio.FIRST_COMPLETED)
            settled.cancel()
        if point in SWEPT_IN_USERS and not crash.done():
            # What an order does there takes along what was done before and leaves the sweep nothing.
            for _ in range(seed):
                loads.append(asyncio.create_task(load.rename()))
                await asyncio.wait({crash}, timeout=SWEPT_AFTER_S)
        if crash.done():
            assert crash.result() == EXIT_CODE, f"{point}: ended with {crash.result()}\n{child.said()}"
            return
    pytest.fail(f"{point} was not passed {seed} times")


def test_every_point_of_the_sources_is_crashed_somewhere() -> None:
    known = declared()
    assert ELSEWHERE.keys() <= known
    assert SCOPES.keys() <= known
    for name in known:
        subject, act = name.split(".")
        when, _, what = act.partition("_")
        twin = f"{subject}.{'after' if when == 'before' else 'before'}_{what}"
        assert twin in known or name == "consumer.before_ack", f"{name} has no {twin}"


def test_whoever_commits_renames_publishes_or_acknowledges_has_points_for_it() -> None:
    for source in [*REPOSITORY.glob("libs/chassis/src/**/*.py"), *REPOSITORY.glob("services/*/src/**/*.py")]:
        text = source.read_text(encoding="utf-8")
        for act, pattern in _ACTS.items():
            if re.search(pattern, text):
                assert re.search(r"point\(\s*\"[a-z_]+\.before_", text), f"{source}: {act} without a point before it"
                assert re.search(r"point\(\s*\"[a-z_]+\.after_", text), f"{source}: {act} without a point after it"
