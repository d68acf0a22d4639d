"""Adapters with the simulators behind them, in this process and on real sockets."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from simulators.matrix.scenarios import Bench, bench
from simulators.matrix.workspace import FolderWorkspace
from simulators.serve import Served, serving
from simulators.vendors.catalogue import ALL


@pytest.fixture
async def at() -> AsyncIterator[Bench]:
    """Fresh simulators and every adapter, connected in this process."""
    made = bench()
    yield made
    await made.client.aclose()


@pytest.fixture
def workspace(tmp_path: Path) -> FolderWorkspace:
    return FolderWorkspace(tmp_path)


@pytest.fixture(scope="session")
def sockets() -> Iterator[Mapping[str, Served]]:
    """Every simulator on a port of its own. Their logs about connections broken on purpose are switched off."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with serving([kind() for kind in ALL.values()]) as served:
        yield served


@pytest.fixture
def vendor(sockets: Mapping[str, Served], request: pytest.FixtureRequest) -> Served:
    """The simulator a test module names in ``VENDOR``, with no faults scripted."""
    served = sockets[request.module.VENDOR]
    served.simulator.plan.clear()
    return served
