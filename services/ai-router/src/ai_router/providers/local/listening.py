"""Providers that listen and read on this machine: transcription by Whisper, hooks by a rubric (AIR-54, PLT-34)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from ai_router.providers.language import LONGEST_INPUT, TASKS
from ai_router.providers.local import clip_work, work
from ai_router.providers.local.adapters import Local, refused
from ai_router.providers.port import (
    Declaration,
    FailureClass,
    ProviderFailure,
    ProviderRequest,
    ProviderResult,
    Report,
    Workspace,
)
from chassis.work.process_pool import ProcessPool
from contracts.enums import Capability, ProviderKey

PACKAGED = "whisper-tiny.en"
_MOST_HOOKS = 20


class LocalEars(Local):
    """What is said in a recording or a film, with the time of every word."""

    key = ProviderKey.LOCAL_EARS

    def __init__(self, processes: ProcessPool, *, deadline_s: float, whisper: Path | None) -> None:
        super().__init__(processes, deadline_s=deadline_s)
        self._whisper = whisper
        self.declarations = (
            Declaration(
                Capability.TRANSCRIPTION,
                models=(PACKAGED if whisper is None else whisper.name,),
                honours=frozenset({"language"}),
                price_unit="second",
                idempotency="key",
                # What a network that was brought understands it says itself.
                languages=frozenset({"en"}) if whisper is None else None,
            ),
        )

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """``document`` (JSON: text, words with times, segments). Needs the input ``audio`` or ``video``; a recording in
        which nobody speaks gives no words and a warning."""
        model, ignored = self._offered(request)
        stored = request.inputs.get("audio") or request.inputs.get("video")
        if stored is None:
            raise refused("no input in the role audio or video", "This needs a recording or a film.")
        recording = await workspace.fetch(stored)
        out = workspace.directory / "transcript.json"
        language = request.parameters.get("language")
        wanted = None if language is None else str(language)
        made = await self._run(request, report, work.transcribe, recording, out, wanted, self._whisper)
        return ProviderResult(
            outputs={"document": await workspace.keep(out, "application/json", role="document")},
            units=Decimal(str(made["duration"])),
            model=model,
            data=made,
            ignored=ignored,
            warnings=() if made["words"] else ("nobody speaks in it",),
        )


class LocalHooks(Local):
    """Moments worth watching, by a rubric over the transcript: no language model, the same answer every time."""

    key = ProviderKey.LOCAL_HOOKS
    quick = True
    declarations = (
        Declaration(
            Capability.HOOK_DETECTION,
            models=("hook-rubric",),
            honours=frozenset({"transcript", "duration", "count", "language", "shortest_s", "longest_s"}),
            price_unit="job",
            idempotency="key",
            max_characters=LONGEST_INPUT,
        ),
    )

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """``document`` (JSON: hooks with their evidence). Where the input ``audio`` or ``video`` is there, pauses and
        loudness are heard in it. Of a ``video`` with its ``transcript`` (JSON, as a transcription makes it) whole
        sentences are told, and of one without words its scenes."""
        model, ignored = self._offered(request)
        if "video" in request.inputs and "transcript" in request.inputs:
            return await self._of_film(request, workspace, report, model, ignored)
        duration = request.parameters.get("duration")
        if not isinstance(duration, int | float) or isinstance(duration, bool) or not 0 < duration < math.inf:
            raise refused("the length of the recording is missing", "Say how many seconds the recording has.")
        options = {"duration": float(duration), **_options(request)}
        lines = _lines(request.parameters.get("transcript"))
        stored = request.inputs.get("audio") or request.inputs.get("video")
        recording = None if stored is None else await workspace.fetch(stored)
        out = workspace.directory / "hooks.json"
        made = await self._run(request, report, work.find_hooks, lines, recording, out, options)
        if wrong := TASKS[Capability.HOOK_DETECTION].check(made, request):
            raise ProviderFailure(FailureClass.BAD_OUTPUT, wrong)
        if not made["hooks"]:
            raise refused("no clip is in the transcript", "Choose a longer recording with speech, or shorter clips.")
        return ProviderResult(
            outputs={"document": await workspace.keep(out, "application/json", role="document")},
            units=Decimal(1),
            model=model,
            data=made,
            ignored=ignored,
        )

    async def _of_film(
        self, request: ProviderRequest, workspace: Workspace, report: Report, model: str, ignored: tuple[str, ...]
    ) -> ProviderResult:
        film = await workspace.fetch(request.inputs["video"])
        transcript = await workspace.fetch(request.inputs["transcript"])
        out = workspace.directory / "hooks.json"
        options = _options(request)
        made = await self._run(request, report, clip_work.find_moments, film, transcript, out, options, quick=False)
        return ProviderResult(
            outputs={"document": await workspace.keep(out, "application/json", role="document")},
            units=Decimal(1),
            model=model,
            data=made,
            ignored=ignored,
            warnings=tuple(made["shortfall_reasons"]),
        )


def _options(request: ProviderRequest) -> dict[str, Any]:
    """How many moments are wanted, how long and in which language, as far as that is said; the work knows what is
    usual. Raises ``INPUT`` naming what cannot be."""
    said = {
        name: request.parameters[name]
        for name in ("count", "language", "shortest_s", "longest_s")
        if request.parameters.get(name) not in (None, "")
    }
    count = said.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MOST_HOOKS:
        raise refused(f"count {count!r} is not from 1 to {_MOST_HOOKS}", f"Choose 1 to {_MOST_HOOKS} hooks.")
    for name in ("shortest_s", "longest_s"):
        seconds = said.get(name, 1.0)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds < math.inf:
            raise refused(f"{name} {seconds!r} is no length", f"Give {name} as seconds above 0.")
    if said.get("shortest_s", 0.0) > said.get("longest_s", math.inf):
        raise refused("shortest_s is above longest_s", "Choose a longer longest_s.")
    return said


def _lines(transcript: object) -> list[dict[str, Any]]:
    """The transcript's lines, checked. Raises ``INPUT`` naming the first one that is none."""
    if not isinstance(transcript, Sequence) or isinstance(transcript, str) or not transcript:
        raise refused("the transcript is missing", "Give the transcript as lines with start, end and text.")
    for number, line in enumerate(transcript, 1):
        if not (_timed(line) and all(_timed(word) for word in line.get("words") or ())):
            raise refused(
                f"line {number} of the transcript has no times and text",
                f"Give line {number} of the transcript with start, end and text.",
            )
    if sum(len(line["text"]) for line in transcript) > LONGEST_INPUT:
        raise refused(f"the transcript is longer than {LONGEST_INPUT} characters", "Choose a shorter recording.")
    return [dict(line) for line in transcript]


def _timed(item: object) -> bool:
    if not isinstance(item, Mapping) or not isinstance(item.get("text"), str):
        return False
    start, end = item.get("start"), item.get("end")
    if not (isinstance(start, int | float) and isinstance(end, int | float)):
        return False
    return 0 <= start <= end < math.inf
