"""Adapters with the simulators behind them, in this process and on real sockets; local providers at work."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import cv2
import pytest

from ai_router.providers.local.every import local_providers
from ai_router.providers.port import Provider, ProviderRequest
from chassis.work.process_pool import ProcessPool
from contracts.enums import Capability
from media.images.photos import decode
from simulators.core import media
from simulators.matrix.scenarios import HOOKS, SCENARIOS, Bench, Scenario, bench, request_of
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
    make: Callable[[FolderWorkspace, ProcessPool], AbstractAsyncContextManager[tuple[Provider, ProviderRequest]]]


def _vendor_case(scenario: Scenario) -> Case:
    @asynccontextmanager
    async def make(workspace: FolderWorkspace, _: ProcessPool) -> AsyncIterator[tuple[Provider, ProviderRequest]]:
        made = bench()
        async with made.client:
            yield made.providers[scenario.provider], request_of(scenario, workspace)

    roles = "+".join(scenario.inputs) or "text"
    return Case(f"{scenario.provider}-{scenario.capability}-{roles}", make)


@dataclass(frozen=True, slots=True)
class LocalScenario:
    """An ordinary request for a local provider, small enough to be done in a fraction of a second."""

    provider: str
    capability: Capability
    inputs: tuple[str, ...]
    parameters: Mapping[str, object]


LOCAL = (
    LocalScenario("local_upscaler", Capability.IMAGE_ENHANCEMENT, ("image",), {"enhancement_type": "portrait"}),
    LocalScenario("local_upscaler", Capability.IMAGE_UPSCALE, ("image",), {"factor": 2}),
    LocalScenario("local_speech", Capability.AUDIO_GENERATION, (), {"script": "Good morning.", "voice": "female"}),
    LocalScenario(
        "local_stable_video",
        Capability.VIDEO_GENERATION,
        ("image", "audio", "timings"),
        {"width": 128, "height": 128, "frame_rate": 10},
    ),
    LocalScenario("local_ears", Capability.TRANSCRIPTION, ("audio",), {"language": "en"}),
    LocalScenario("local_hooks", Capability.HOOK_DETECTION, (), HOOKS),
    LocalScenario("local_music", Capability.MUSIC_GENERATION, (), {"style": "calm", "duration": 2}),
)
_PORTRAIT = Path(__file__).parents[4] / "samples" / "portrait.jpg"


def _local_input(role: str) -> tuple[bytes, str]:
    match role:
        case "image":
            head = decode(_PORTRAIT)[16:272, 96:352]
            return cv2.imencode(".jpg", head)[1].tobytes(), "image/jpeg"
        case "audio":
            return media.wav(0.5), "audio/wav"
        case _:
            return json.dumps({"duration": 0.5, "sample_rate": 16_000}).encode(), "application/json"


def _local_case(scenario: LocalScenario) -> Case:
    @asynccontextmanager
    async def make(
        workspace: FolderWorkspace, processes: ProcessPool
    ) -> AsyncIterator[tuple[Provider, ProviderRequest]]:
        request = ProviderRequest(
            attempt_id=UUID(int=1),
            job_id=UUID(int=1),
            capability=scenario.capability,
            model=None,
            inputs={role: workspace.put(*_local_input(role)) for role in scenario.inputs},
            parameters=scenario.parameters,
            deadline_s=60.0,
        )
        yield local_providers(processes, deadline_s=60.0)[scenario.provider], request

    return Case(f"{scenario.provider}-{scenario.capability}", make)


ALL_PROVIDERS: list[Case] = [*map(_vendor_case, SCENARIOS), *map(_local_case, LOCAL)]
"""Every adapter and local provider with every capability."""


@pytest.fixture(params=ALL_PROVIDERS, ids=lambda case: case.name)
async def case(
    request: pytest.FixtureRequest, workspace: FolderWorkspace, processes: ProcessPool
) -> AsyncIterator[tuple[Provider, ProviderRequest]]:
    """A provider and an ordinary request for it."""
    async with request.param.make(workspace, processes) as made:
        yield made
