"""One ordinary request for every adapter and capability, and which simulator answers it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from ai_router.providers.port import Provider, ProviderRequest
from ai_router.providers.registry import ROWS, configured
from contracts.enums import Capability
from simulators.core import media
from simulators.core.base import Simulator
from simulators.core.faults import Fault
from simulators.core.loopback import InProcess
from simulators.matrix.workspace import FolderWorkspace
from simulators.vendors.catalogue import AI


@dataclass(frozen=True, slots=True)
class Scenario:
    """An adapter asked for something ordinary."""

    provider: str
    vendor: str
    capability: Capability
    inputs: tuple[str, ...] = ()
    """Roles: ``image``, ``mask``, ``audio``, ``video``."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    base_path: str = ""
    """What the vendor's base address has after the host."""
    lacks: frozenset[Fault] = frozenset()
    """Faults this capability cannot meet at this vendor."""


_PORTRAIT = {"prompt": "a smiling woman in a kitchen, run 1", "width": 720, "height": 1280}
_MUSIC = {"prompt": "calm piano", "duration": 3}
_SPEECH = {"script": "Good morning, and welcome to our little shop.", "voice": "female", "language": "en"}
_SCRIPT = {"script": "Buy our soap. It cleans.", "platform": "instagram", "language": "en", "duration": 10}
HOOKS = {
    "transcript": [
        {"start": 0.0, "end": 5.5, "text": "Nobody believed that this would work."},
        {"start": 5.5, "end": 12.0, "text": "Then the machine started to sing."},
        {"start": 12.0, "end": 20.0, "text": "So here is how we built it."},
    ],
    "duration": 20.0,
    "count": 2,
    "language": "en",
}
_UNCHECKED = frozenset({Fault.REFUSED_OUTPUT})

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("nano_banana", "gemini", Capability.IMAGE_ENHANCEMENT, ("image",), {"enhancement_type": "portrait"}),
    Scenario("nano_banana", "gemini", Capability.IMAGE_EDIT, ("image",), _PORTRAIT),
    Scenario("nano_banana", "gemini", Capability.IMAGE_GENERATION, (), _PORTRAIT),
    Scenario("veo3", "veo", Capability.VIDEO_GENERATION, ("image",), {**_PORTRAIT, "duration": 4}, "/v1beta1"),
    Scenario("fal_ai", "fal", Capability.IMAGE_GENERATION, (), _PORTRAIT),
    Scenario("fal_ai", "fal", Capability.IMAGE_EDIT, ("image",), _PORTRAIT),
    Scenario("fal_ai", "fal", Capability.IMAGE_UPSCALE, ("image",), {"factor": 2}, lacks=_UNCHECKED),
    Scenario("fal_ai", "fal", Capability.LIP_SYNC, ("video", "audio"), lacks=_UNCHECKED),
    Scenario("fal_ai", "fal", Capability.MUSIC_GENERATION, (), _MUSIC, lacks=_UNCHECKED),
    Scenario("openai", "openai", Capability.IMAGE_GENERATION, (), _PORTRAIT, "/v1"),
    Scenario("openai", "openai", Capability.IMAGE_EDIT, ("image", "mask"), _PORTRAIT, "/v1"),
    Scenario("openai", "openai", Capability.IMAGE_ENHANCEMENT, ("image",), {}, "/v1"),
    Scenario(
        "openai", "openai", Capability.AUDIO_GENERATION, (), _SPEECH, "/v1", _UNCHECKED | frozenset({Fault.GARBLED})
    ),
    Scenario("openai", "openai", Capability.HOOK_DETECTION, (), HOOKS, "/v1"),
    Scenario("openai", "openai", Capability.WORKFLOW_OPTIMIZATION, (), _SCRIPT, "/v1"),
    Scenario("anthropic", "anthropic", Capability.HOOK_DETECTION, (), HOOKS),
    Scenario("anthropic", "anthropic", Capability.WORKFLOW_OPTIMIZATION, (), _SCRIPT),
    Scenario("elevenlabs", "elevenlabs", Capability.AUDIO_GENERATION, (), _SPEECH),
    Scenario("elevenlabs", "elevenlabs", Capability.MUSIC_GENERATION, (), _MUSIC, lacks=frozenset({Fault.GARBLED})),
    Scenario("runway_act2", "runway", Capability.VIDEO_GENERATION, ("image",), {**_PORTRAIT, "duration": 4}),
    Scenario("runway_act2", "runway", Capability.VIDEO_GENERATION, ("image", "video"), {"width": 720, "height": 1280}),
    Scenario("stability_ai", "stability", Capability.IMAGE_GENERATION, (), _PORTRAIT),
    Scenario("stability_ai", "stability", Capability.IMAGE_EDIT, ("image",), _PORTRAIT),
    Scenario("stability_ai", "stability", Capability.IMAGE_EDIT, ("image", "mask"), _PORTRAIT),
    Scenario("stability_ai", "stability", Capability.IMAGE_UPSCALE, ("image",), {"factor": 4}),
    Scenario("heygen_avatar", "heygen", Capability.VIDEO_GENERATION, ("image", "audio"), {"width": 9, "height": 16}),
    Scenario("heygen_avatar", "heygen", Capability.VIDEO_GENERATION, ("image",), _SPEECH),
    Scenario("ideogram", "ideogram", Capability.IMAGE_GENERATION, (), _PORTRAIT),
    Scenario("ideogram", "ideogram", Capability.IMAGE_EDIT, ("image",), _PORTRAIT),
    Scenario("ideogram", "ideogram", Capability.IMAGE_ENHANCEMENT, ("image",), {"enhancement_type": "portrait"}),
    Scenario("ideogram", "ideogram", Capability.IMAGE_UPSCALE, ("image",), {"prompt": "sharp"}),
    Scenario("midjourney_api", "midjourney", Capability.IMAGE_ENHANCEMENT, ("image",), {"enhancement_type": "product"}),
    Scenario("midjourney_api", "midjourney", Capability.IMAGE_GENERATION, (), _PORTRAIT),
    Scenario("replicate", "replicate", Capability.VIDEO_GENERATION, ("image",), {**_PORTRAIT, "duration": 4}),
    Scenario("own_server", "own_server", Capability.IMAGE_GENERATION, (), _PORTRAIT, "/v1"),
    Scenario(
        "own_server",
        "own_server",
        Capability.AUDIO_GENERATION,
        (),
        _SPEECH,
        "/v1",
        _UNCHECKED | frozenset({Fault.GARBLED}),
    ),
    Scenario(
        "own_server",
        "own_server",
        Capability.TRANSCRIPTION,
        ("audio",),
        {"language": "en"},
        "/v1",
        _UNCHECKED | frozenset({Fault.TRUNCATED, Fault.WRONG_MEDIA}),
    ),
)


def input_of(role: str) -> tuple[bytes, str]:
    """An ordinary input in a role, and its type."""
    match role:
        case "audio":
            return media.wav(2.0), "audio/wav"
        case "video":
            return media.mp4(4.0), "video/mp4"
        case "mask":
            return media.image("image/png", 320, 320), "image/png"
        case _:
            return media.image("image/jpeg", 320, 320), "image/jpeg"


def request_of(scenario: Scenario, workspace: FolderWorkspace, number: int = 1) -> ProviderRequest:
    """The scenario as a request; ``number`` makes its attempt id."""
    return ProviderRequest(
        attempt_id=UUID(int=number),
        job_id=UUID(int=number),
        capability=scenario.capability,
        model=None,
        inputs={role: workspace.put(*input_of(role)) for role in scenario.inputs},
        parameters=scenario.parameters,
        deadline_s=60.0,
    )


@dataclass(slots=True)
class Bench:
    """All simulators in this process and all adapters connected to them."""

    simulators: dict[str, Simulator]
    providers: dict[str, Provider]
    client: httpx.AsyncClient
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    """Numbers for attempts."""


def host_of(vendor: str) -> str:
    """The host name of a simulator in this process."""
    return f"{vendor.replace('_', '-')}.simulated"


def bench(
    *, key: str = "simulated-key", through: Callable[[InProcess], httpx.AsyncBaseTransport] | None = None
) -> Bench:
    """Fresh simulators and adapters. ``through`` wraps the transport. The caller closes ``client``."""
    simulators = {name: kind(key=key) for name, kind in AI.items()}
    inner = InProcess({host_of(name): simulator.app for name, simulator in simulators.items()})
    client = httpx.AsyncClient(transport=through(inner) if through else inner)
    settings = settings_for({name: f"http://{host_of(name)}" for name in simulators}, key=key)
    return Bench(simulators, configured(settings, lambda: client), client)


def settings_for(addresses: Mapping[str, str], *, key: str = "simulated-key") -> dict[str, str]:
    """The router's settings that lead every vendor in ``addresses`` (by simulator) to its simulator.

    Simulators accept at once or never, so nobody waits for a lost job to show up late.
    """
    settings = {"PROVIDER_SETTLE_S": "0"}
    for row in ROWS:
        scenario = next(each for each in SCENARIOS if each.provider == row.key)
        if scenario.vendor in addresses:
            settings[f"{row.setting}_API_KEY"] = key
            settings[f"{row.setting}_BASE_URL"] = addresses[scenario.vendor] + scenario.base_path
    return settings
