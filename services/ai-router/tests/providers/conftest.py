"""Adapters with the simulators behind them, in this process and on real sockets."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ai_router.providers.port import Provider, ProviderRequest
from simulators.matrix.scenarios import SCENARIOS, Bench, Scenario, bench, request_of
from simulators.matrix.workspace import FolderWorkspace
from simulators.serve import Served, serving
from simulators.vendors.catalogue import AI


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
    with serving([kind() for kind in AI.values()]) as served:
        yield served


@pytest.fixture
def vendor(sockets: Mapping[str, Served], request: pytest.FixtureRequest) -> Served:
    """The simulator a test module names in ``VENDOR``, with no faults scripted."""
    served = sockets[request.module.VENDOR]
    served.simulator.plan.clear()
    return served


@dataclass(frozen=True, slots=True)
class Case:
    """A provider with an ordinary request: what the contract suite runs on."""

    name: str
    make: Callable[[FolderWorkspace], AbstractAsyncContextManager[tuple[Provider, ProviderRequest]]]


def _vendor_case(scenario: Scenario) -> Case:
    @asynccontextmanager
    async def make(workspace: FolderWorkspace) -> AsyncIterator[tuple[Provider, ProviderRequest]]:
        made = bench()
        async with made.client:
            yield made.providers[scenario.provider], request_of(scenario, workspace)

    roles = "+".join(scenario.inputs) or "text"
    return Case(f"{scenario.provider}-{scenario.capability}-{roles}", make)


ALL_PROVIDERS: list[Case] = [_vendor_case(scenario) for scenario in SCENARIOS]
"""Every adapter and capability. A provider that needs no vendor adds its own cases here."""


@pytest.fixture(params=ALL_PROVIDERS, ids=lambda case: case.name)
async def case(
    request: pytest.FixtureRequest, workspace: FolderWorkspace
) -> AsyncIterator[tuple[Provider, ProviderRequest]]:
    """A provider and an ordinary request for it."""
    async with request.param.make(workspace) as made:
        yield made
