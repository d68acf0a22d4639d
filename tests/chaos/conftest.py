from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.chaos.embedded import EmbeddedChild
from tests.chaos.points import matrix

SAMPLE = (
    "billing.transaction.before_commit",
    "workflow.runs.consumer.before_ack",
    "export.outbox.after_publish",
)
"""Crashed in every test run; ``make chaos`` crashes at all of them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-points", action="store_true", help="Crash at every point of the journey.")
    parser.addoption("--seeds", type=int, default=2, help="How often each point is crashed.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "point" in metafunc.fixturenames:
        points = matrix() if metafunc.config.getoption("--all-points") else list(SAMPLE)
        metafunc.parametrize("point", points)
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(1, metafunc.config.getoption("--seeds") + 1))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def child() -> AsyncIterator[EmbeddedChild]:
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-chaos-"))
    platform = EmbeddedChild(folder)
    yield platform
    await platform.close()
    shutil.rmtree(folder, ignore_errors=True)
