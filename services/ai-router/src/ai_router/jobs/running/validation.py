"""Whether a result is what was asked for, and how good it is (AIR-43, AIR-44)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ai_router.jobs.running import measure
from ai_router.jobs.running.measure import Measured
from ai_router.providers.local.adapters import SHORT_FILM_S
from ai_router.providers.port import FailureClass, ProviderFailure, ProviderResult, Workspace
from chassis.work.process_pool import ProcessPool, WorkerDied
from contracts.ai_router import SubmitJob
from contracts.enums import Capability
from contracts.objects import StoredObject
from media.errors import BadMedia, MediaError

DURATION_TOLERANCE = 0.10
MEASURE_DEADLINE_S = 120.0

_ROLE: dict[Capability, str] = {
    Capability.IMAGE_ENHANCEMENT: "image",
    Capability.IMAGE_GENERATION: "image",
    Capability.IMAGE_EDIT: "image",
    Capability.IMAGE_UPSCALE: "image",
    Capability.VIDEO_GENERATION: "video",
    Capability.LIP_SYNC: "video",
    Capability.AUDIO_GENERATION: "audio",
    Capability.MUSIC_GENERATION: "audio",
    Capability.FILM_SHOT: "video",
    Capability.FILM_JOIN: "video",
}
"""The output that a capability promises, also the first half of its MIME type."""

_TO_THE_FRAME = frozenset({Capability.FILM_SHOT, Capability.FILM_JOIN})
A_FRAME_S = 0.05
"""So much more or less a part of a film may have: a frame, and what containers round."""

_AGAINST_ORIGINAL = frozenset({Capability.IMAGE_ENHANCEMENT, Capability.IMAGE_UPSCALE})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The score from 0 to 10 (None: not defined for this kind), what it was computed from, remarks for people."""

    score: float | None = None
    measures: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Validator(Protocol):
    """Judges results. The default measures them; another may be handed to the composition."""

    async def check(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> Verdict:
        """The verdict; raises ``ProviderFailure`` (``EMPTY``, ``BAD_OUTPUT``) for what is not a result at all."""
        ...


class MediaValidator:
    """Measures results in worker processes."""

    def __init__(self, processes: ProcessPool, *, whisper: Path | None = None) -> None:
        self._processes = processes
        self._whisper = whisper

    async def check(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> Verdict:
        """See :class:`Validator`."""
        role = _ROLE.get(command.capability)
        if role is None:
            if not result.outputs and not result.data:
                raise ProviderFailure(FailureClass.EMPTY, "nothing came back")
            return Verdict()
        stored = result.outputs.get(role)
        if stored is None or stored.size == 0:
            raise ProviderFailure(FailureClass.EMPTY, f"no {role} came back")
        if not stored.mime_type.startswith(f"{role}/"):
            raise ProviderFailure(FailureClass.BAD_OUTPUT, f"{stored.mime_type} came back for {role}")
        path = await workspace.fetch(stored)
        if role == "image":
            original = command.inputs.get("image") if command.capability in _AGAINST_ORIGINAL else None
            return _verdict(await self._run(measure.image, path, await _local(original, workspace), quick=True))
        if command.capability in _TO_THE_FRAME:
            return await self._film(command, path)
        if role == "video":
            return await self._video(command, result.ordered_s, path, workspace)
        if command.capability is Capability.AUDIO_GENERATION and (script := command.parameters.get("script")):
            return await self._speech(path, str(script), command.parameters)
        return _verdict(await self._run(measure.sound, path, quick=True))

    async def _speech(self, path: Path, script: str, parameters: Mapping[str, Any]) -> Verdict:
        options = {name: parameters[name] for name in ("language", "lexicon") if parameters.get(name)}
        measured = await self._run(measure.spoken, path, script, {**options, "weights": self._whisper}, quick=True)
        if measured.score == 0:
            raise ProviderFailure(FailureClass.BAD_OUTPUT, f"the recording is not of the script: {measured.reasons[0]}")
        return _verdict(measured)

    async def _video(self, command: SubmitJob, ordered_s: float | None, path: Path, workspace: Workspace) -> Verdict:
        audio = await _local(command.inputs.get("audio"), workspace)
        timings = await _local(command.inputs.get("timings"), workspace)
        expected = ordered_s if ordered_s is not None else await expected_seconds(command, timings)
        short = expected is not None and expected <= SHORT_FILM_S
        measured = await self._run(measure.video, path, audio, timings, expected, quick=short)
        if expected is not None and measured.duration is not None and not near(measured.duration, expected):
            raise ProviderFailure(
                FailureClass.BAD_OUTPUT, f"{measured.duration:.2f} s came back, {expected:.2f} s were wanted"
            )
        return _verdict(measured)

    async def _film(self, command: SubmitJob, path: Path) -> Verdict:
        """Whoever made it has judged its pictures; what counts is that it fits to the frame."""
        measured = await self._run(measure.film, path, quick=True)
        wanted = command.parameters.get("duration")
        if isinstance(wanted, int | float) and abs((measured.duration or 0.0) - wanted) > A_FRAME_S:
            raise ProviderFailure(
                FailureClass.BAD_OUTPUT, f"{measured.duration or 0.0:.3f} s came back, {wanted:.3f} s were wanted"
            )
        return _verdict(measured)

    async def _run(self, function: Callable[..., Measured], *arguments: Any, quick: bool) -> Measured:
        try:
            return await self._processes.run(function, *arguments, deadline_s=MEASURE_DEADLINE_S, quick=quick)
        except BadMedia as error:
            raise ProviderFailure(FailureClass.BAD_OUTPUT, f"the result does not decode: {error}") from error
        except (MediaError, WorkerDied, TimeoutError) as error:
            raise ProviderFailure(FailureClass.TRANSIENT, f"the result could not be measured: {error!r}") from error


def near(seconds: float, expected: float) -> bool:
    """Whether a clip is as long as expected (AIR-43)."""
    return abs(seconds - expected) <= max(0.5, DURATION_TOLERANCE * expected)


async def expected_seconds(command: SubmitJob, timings: Path | None) -> float | None:
    """How long a video should be that is made for its speech: as long as that, else as asked for, else None."""
    if timings is not None:
        document = json.loads(await asyncio.to_thread(timings.read_bytes))
        return float(document["duration"])
    duration = command.parameters.get("duration")
    return float(duration) if isinstance(duration, int | float) else None


async def _local(stored: StoredObject | None, workspace: Workspace) -> Path | None:
    return None if stored is None else await workspace.fetch(stored)


def _verdict(measured: Measured) -> Verdict:
    return Verdict(measured.score, measured.measures, measured.reasons)
