from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.chaos.embedded import EmbeddedChild
from tests.chaos.points import matrix
from tests.chaos.products import ORDERS

from chassis.testing.folders import quick_folder
from talkingphoto_runner.distributed import KINDS
from talkingphoto_runner.layout import PACKAGES

SAMPLE = (
    "billing.transaction.before_commit",
    "workflow.outbox.after_publish",
    "workflow.runs.consumer.before_ack",
    "ai_router.transaction.after_commit",
    "workflow.outbox.before_delete",
)
"""Crashed in every test run; ``make chaos`` crashes at all of them."""

OF_PRODUCTS = ("reely", "pixie"), ("provider.after_perform",)
"""Crashed under orders of these together. A film takes a minute's pictures, however small."""

PLANTED = ("open-hold", "dropped-message", "idle-job")
"""Bugs that the auditor has to find in every test run; ``make chaos`` plants all of them."""

VICTIMS = ("ai_router.worker", "gateway.api", "workflow.worker", "users.api")
"""Killed one after another in every test run; ``make chaos`` kills every process, each under runs of its own."""

IN_A_ROW = 6


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-points", action="store_true", help="Crash at every point of the journey.")
    parser.addoption("--point", action="append", help="Crash at this point only; may be repeated.")
    parser.addoption("--seeds", type=int, default=1, help="How often each point is crashed.")
    parser.addoption(
        "--shares", type=int, default=5, help="Each seed takes one of so many shares of a product's points."
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "points" in metafunc.fixturenames:
        known = matrix()
        chosen = metafunc.config.getoption("--point") or (
            known if metafunc.config.getoption("--all-points") else list(SAMPLE)
        )
        if unknown := set(chosen) - set(known):
            raise pytest.UsageError(f"no such crash points: {', '.join(sorted(unknown))}")
        rows = [chosen[start : start + IN_A_ROW] for start in range(0, len(chosen), IN_A_ROW)]
        metafunc.parametrize("points", rows, ids=[f"{row[0]}-and-{len(row) - 1}-more" for row in rows])
    if "victims" in metafunc.fixturenames:
        every = [f"{name}.{kind}" for name in PACKAGES for kind in KINDS if (name, kind) != ("gateway", "worker")]
        in_turn = [(name,) for name in every] if metafunc.config.getoption("--all-points") else [VICTIMS]
        metafunc.parametrize("victims", in_turn, ids=["-".join(row) for row in in_turn])
    if "lines" in metafunc.fixturenames:
        # They take minutes: in ``make chaos`` alone, these together and each by itself at all that its orders pass.
        everywhere = metafunc.config.getoption("--all-points")
        rows = [OF_PRODUCTS, *(((line,), ()) for line in ORDERS)] if everywhere else []
        metafunc.parametrize("lines, sampled", rows, ids=["-".join(lines) for lines, _ in rows])
    if "planted" in metafunc.fixturenames:
        bugs = metafunc.module.PLANTED
        chosen = list(bugs) if metafunc.config.getoption("--all-points") else list(PLANTED)
        metafunc.parametrize("planted", [bugs[name] for name in chosen], ids=chosen)
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(1, metafunc.config.getoption("--seeds") + 1))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform() -> AsyncIterator[EmbeddedChild]:
    """One home for all tests of a process: making one takes longer than recovering it."""
    folder = quick_folder("talkingphoto-chaos-")
    child = EmbeddedChild(folder)
    yield child
    await child.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="session")
async def child(platform: EmbeddedChild) -> AsyncIterator[EmbeddedChild]:
    """The platform, to be started and killed; a test that fails leaves it dead, so that the next one can start it."""
    yield platform
    await platform.kill()
    platform.environment = {}
