"""F01: the process dies at a named point, comes back, and every promise is kept."""

from __future__ import annotations

import asyncio
import re

import pytest
from tests.chaos.auditor import Auditor, Witness
from tests.chaos.embedded import EmbeddedChild
from tests.chaos.load import Load
from tests.chaos.points import ELSEWHERE, REPOSITORY, SCOPES, declared

from chassis.faults import EXIT_CODE

SETTLE_S = 60.0

# What must stand between two points: an act that cannot be taken back.
_ACTS = {
    "commit": r"\bblock\.commit\(\)",
    "rename": r"\bos\.(?:replace|rename|link)\(|\bsource\.replace\(",
    "publish": r"await self\._bus\.publish\(",
    "acknowledge": r"\bwire\.acknowledge_frame\(",
    "vendor call": r"\.(?:submit|perform)\(request",
}


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_a_crash_at_any_point_loses_and_doubles_nothing(child: EmbeddedChild, point: str, seed: int) -> None:
    witness = Witness()
    await child.start(fault=f"{point}:{seed}")
    load = asyncio.create_task(Load(child.url, witness, seed).run())
    crash = asyncio.create_task(child.died())
    done, _ = await asyncio.wait({load, crash}, return_when=asyncio.FIRST_COMPLETED)
    if crash not in done:
        auditor = Auditor(await child.database_urls())
        settled = asyncio.create_task(auditor.settle(witness, timeout_s=SETTLE_S))
        await asyncio.wait({crash, settled}, return_when=asyncio.FIRST_COMPLETED)
        settled.cancel()
    assert crash.done(), f"{point} was not passed {seed} times"
    assert crash.result() == EXIT_CODE

    await child.start()
    await asyncio.wait_for(load, timeout=90)
    auditor = Auditor(await child.database_urls())
    await auditor.settle(witness, timeout_s=SETTLE_S)
    violations = await auditor.audit(witness)
    await child.stop()
    assert not violations, "\n".join(map(str, violations))


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
