"""Cuts parts out of films and draws clips of them on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ai_router.providers.local import clip_work
from ai_router.providers.local.adapters import Local, input_file, refused
from ai_router.providers.port import Declaration, ProviderRequest, ProviderResult, Report, Workspace
from contracts.enums import Capability, ProviderKey

FORMATS: Mapping[str, str] = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
}
"""Containers a part can be written in."""
_EDIT = ("kept", "aspect", "layout", "captions", "rewritten", "title", "loudness_lufs")
_SHORT_SIDE = 1080
_CAPTIONS = {".srt": "application/x-subrip", ".vtt": "text/vtt"}
QUICK_PART_S = 30.0
"""A part up to that long is cut beside long work, and does not wait for it."""


class LocalClips(Local):
    """Parts exact to the frame, and clips in the shape of a telephone with what is said written in them."""

    key = ProviderKey.LOCAL_CLIPS
    declarations = (
        Declaration(
            Capability.VIDEO_TRIM,
            models=("frame-cut",),
            honours=frozenset({"start", "end", "format"}),
            price_unit="job",
            idempotency="key",
        ),
        Declaration(
            Capability.CLIP_RENDERING,
            models=("clip",),
            honours=frozenset({*_EDIT, "short_side", "longest_silence_s"}),
            price_unit="job",
            idempotency="key",
        ),
    )

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """``video``; of a clip its captions as ``srt`` and ``vtt`` and a picture as ``image`` too. Needs the input
        ``video``, and for captions the input ``transcript``."""
        model, ignored = self._offered(request)
        film = await input_file(request, workspace, "video")
        make = self._part if request.capability is Capability.VIDEO_TRIM else self._clip
        outputs, made = await make(request, workspace, report, film)
        return ProviderResult(
            outputs=outputs,
            units=Decimal(1),
            model=model,
            data=made,
            ignored=ignored,
            warnings=tuple(made.get("warnings", ())),
        )

    async def _part(self, request: ProviderRequest, workspace: Workspace, report: Report, film: Any) -> Any:
        start, end = (_seconds(request.parameters, name) for name in ("start", "end"))
        kind = request.parameters.get("format", "mp4")
        if kind not in FORMATS:
            raise refused(f"format {kind!r} is not offered", f"Choose one of {', '.join(FORMATS)}.")
        out = workspace.directory / f"part.{kind}"
        quick = end - start <= QUICK_PART_S
        made = await self._run(request, report, clip_work.trim, film, out, start, end, quick=quick)
        return {"video": await workspace.keep(out, FORMATS[kind], role="video")}, made

    async def _clip(self, request: ProviderRequest, workspace: Workspace, report: Report, film: Any) -> Any:
        spoken = request.inputs.get("transcript")
        transcript = None if spoken is None else await workspace.fetch(spoken)
        said = {name: request.parameters[name] for name in _EDIT if request.parameters.get(name) is not None}
        edit = {"source": request.inputs["video"].sha256, **said}
        side = request.parameters.get("short_side", _SHORT_SIDE)
        if not isinstance(side, int) or isinstance(side, bool) or not 120 <= side <= _SHORT_SIDE:
            raise refused(f"short_side {side!r} is not from 120 to {_SHORT_SIDE}", "Choose 120 to 1080 pixels.")
        silence = request.parameters.get("longest_silence_s")
        if silence is not None:
            silence = _seconds(request.parameters, "longest_silence_s")
        out = workspace.directory / "clip.mp4"
        made = await self._run(
            request, report, clip_work.render, film, transcript, edit, out, side, silence, quick=False
        )
        outputs = {
            "video": await workspace.keep(out, "video/mp4", role="video"),
            "image": await workspace.keep(out.with_suffix(".jpg"), "image/jpeg", role="image"),
        }
        if made["cues"]:
            for suffix, mime_type in _CAPTIONS.items():
                role = suffix[1:]
                outputs[role] = await workspace.keep(out.with_suffix(suffix), mime_type, role=role)
        return outputs, made


def _seconds(parameters: Mapping[str, Any], name: str) -> float:
    value = parameters.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(f"{name} is not a number", f"Give {name} in seconds.")
    return float(value)
