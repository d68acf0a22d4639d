"""F01: the process dies at a named point, comes back, and every promise is kept.

A platform dies at several points in a row, each time with new orders on top of what the last crash left unfinished, so
that recovering is crashed too. Then it is left alone until everything has ended, and audited.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence

import pytest
from tests.chaos.auditor import Auditor, Witness
from tests.chaos.embedded import EmbeddedChild
from tests.chaos.load import Load, Plan
from tests.chaos.points import ELSEWHERE, REPOSITORY, SCOPES, declared, share_of
from tests.chaos.products import ProductLoad

from chassis.faults import EXIT_CODE
from simulators.matrix.scenarios import settings_for
from simulators.serve import serving
from simulators.vendors.fal import Fal
from talkingphoto.trace import Span, find, tree

SETTLE_S = 120.0
FIRST, FURTHER = Plan(runs=2, cancelled=1, speechless=1), Plan(runs=2, cancelled=1, speechless=0)
SWEPT_IN_USERS = ("users.outbox.before_delete", "users.outbox.after_delete")
SWEPT_AFTER_S = 1.5
"""An outbox is swept a second after its last message was confirmed."""
LOADS_A_POINT = 6
"""So often new orders are placed until a point has been passed as often as wanted."""
IN_THE_MIDDLE = 2
"""So often a sampled point has been passed before, so that some of the work is done already."""

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
    auditor = Auditor(await child.database_urls(), child.home.objects / "objects")
    await auditor.watch()
    await asyncio.wait_for(asyncio.gather(*loads), timeout=90)
    await auditor.settle(witness, patience_s=SETTLE_S)
    violations = await auditor.audit(witness)
    assert await child.stop() == 0
    assert not violations, "\n".join(map(str, violations))
    assert not orphans(child, witness)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
async def test_crashes_lose_and_double_nothing_of_any_product(
    child: EmbeddedChild, lines: Sequence[str], sampled: Sequence[str], seed: int, pytestconfig: pytest.Config
) -> None:
    """The platform dies at what an order passes, found out by one that is left alone; each time there are new orders.

    ``sampled``: the points, where they are not found out.
    """
    witness = Witness()
    loads: list[asyncio.Task[None]] = []
    with serving([Fal()]) as vendors:
        child.environment = settings_for({name: vendor.url for name, vendor in vendors.items()})
        if sampled:
            faults = [(point, seed + IN_THE_MIDDLE) for point in sampled]
        else:
            passages = await _passed_by_an_order(child, witness, lines)
            faults = share_of(passages, seed, pytestconfig.getoption("--shares"))
        for point, passage in faults:
            await child.start(fault=f"{point}:{passage}")
            if child.exit_code is None:
                await Auditor(await child.database_urls()).watch()
            await _order_until_it_dies(child, witness, loads, lines, point, whole=not sampled)
        await child.start()
        auditor = Auditor(await child.database_urls(), child.home.objects / "objects")
        await auditor.watch()
        await asyncio.wait_for(asyncio.gather(*loads), timeout=120)
        await auditor.settle(witness, patience_s=SETTLE_S)
        violations = await auditor.audit(witness)
        assert await child.stop() == 0
        drawn = [job.body["prompt"] for job in vendors["fal"].simulator.jobs.values()]
    assert not violations, "\n".join(map(str, violations))
    assert len(set(drawn)) == len(drawn), "a vendor was asked twice for what one order pays"
    assert not list(child.temporary.iterdir()), "a dead process left files"


async def _passed_by_an_order(child: EmbeddedChild, witness: Witness, lines: Sequence[str]) -> Counter[str]:
    """How often orders of ``lines`` pass each point, from the first request until all is quiet again."""
    log = child.home.root / "passed"
    log.unlink(missing_ok=True)
    await child.start(environment={"FAULT_LOG": str(log)})
    auditor = Auditor(await child.database_urls())
    await auditor.watch()
    # What a first start has to tell is no part of an order.
    await auditor.settle(Witness(), patience_s=SETTLE_S)
    before = log.stat().st_size
    await _placed(child, witness, lines, whole=True)
    await auditor.settle(witness, patience_s=SETTLE_S)
    assert await child.stop() == 0
    return Counter(log.read_bytes()[before:].decode().split())


async def _order_until_it_dies(
    child: EmbeddedChild,
    witness: Witness,
    loads: list[asyncio.Task[None]],
    lines: Sequence[str],
    point: str,
    *,
    whole: bool,
) -> None:
    crash = asyncio.create_task(child.died())
    for _ in range(LOADS_A_POINT):
        if child.exit_code is not None:
            # What the last crash left was enough.
            break
        loads.append(asyncio.create_task(_placed(child, witness, lines, whole=whole)))
        settled = asyncio.create_task(_settled(child, witness, loads[-1]))
        await asyncio.wait({settled, crash}, return_when=asyncio.FIRST_COMPLETED)
        if crash.done():
            settled.cancel()
            break
        await settled
    else:
        pytest.fail(f"{point} was not passed")
    assert await crash == EXIT_CODE, f"{point}: {child.said()}"


async def _placed(child: EmbeddedChild, witness: Witness, lines: Sequence[str], *, whole: bool) -> None:
    await asyncio.gather(
        *(ProductLoad(child.url, witness, 1, patience_s=120, line=line, whole=whole).run() for line in lines)
    )


async def _settled(child: EmbeddedChild, witness: Witness, load: asyncio.Task[None]) -> None:
    await asyncio.shield(load)
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


def test_the_shares_of_all_seeds_together_are_every_passage_of_an_order_once() -> None:
    passages = Counter(
        {f"billing.point.before_{letter}": 3 for letter in "abcdefgh"} | {"users.outbox.after_delete": 9}
    )
    shares = [share_of(passages, seed, 5) for seed in range(1, 6)]
    assert sorted(name for share in shares for name, _ in share) == [name for name in passages if "users" not in name]
    assert {times for share in shares for _, times in share} <= {1, 2, 3}
    assert share_of(passages, 1, 5) == shares[0]


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
