"""A provider that makes films on this machine: one shot, and the whole of all shots (WFL-39)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from ai_router.providers.local import work
from ai_router.providers.local.adapters import Local, refused
from ai_router.providers.port import Declaration, ProviderRequest, ProviderResult, Report, Workspace
from contracts.enums import Capability, ProviderKey

_TARGET = ("width", "height", "burn_subtitles")
_SHORT_SHOT = 240
"""Frames of a shot that is made beside long work, and does not wait for it."""
_ROLES = ("video", "image", "audio", "timings")


class LocalFilm(Local):
    """Shots under a slow camera, title cards, faces that speak; and all of them joined, with their sound."""

    key = ProviderKey.LOCAL_FILM
    declarations = (
        Declaration(
            Capability.FILM_SHOT,
            models=("slow-camera",),
            honours=frozenset({"shot", "duration", "language", "seed", *_TARGET}),
            price_unit="second",
            idempotency="key",
        ),
        Declaration(
            Capability.FILM_JOIN,
            models=("joined",),
            honours=frozenset({"plan", "duration", "music_repeats", *_TARGET}),
            price_unit="second",
            idempotency="key",
        ),
    )

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """Of a shot the ``video`` (without sound), exactly as long as it says. Of a whole film the ``video``, and its
        subtitles as ``srt`` and ``vtt``."""
        model, ignored = self._offered(request)
        if request.capability is Capability.FILM_SHOT:
            outputs, made = await self._shot(request, workspace, report)
        else:
            outputs, made = await self._film(request, workspace, report)
        units = Decimal(str(round(float(made["duration"]), 3)))
        return ProviderResult(outputs=outputs, units=units, model=model, data=made, ignored=ignored)

    async def _shot(
        self, request: ProviderRequest, workspace: Workspace, report: Report
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        shot = request.parameters.get("shot")
        if not isinstance(shot, Mapping):
            raise refused("no shot was described", "Order films by their project.")
        files = {role: await workspace.fetch(request.inputs[role]) for role in _ROLES if role in request.inputs}
        out = workspace.directory / "shot.mp4"
        options = {
            "target": {name: request.parameters[name] for name in _TARGET if name in request.parameters},
            "language": str(request.parameters.get("language") or "en"),
            "seed": int(request.parameters.get("seed") or 0),
        }
        quick = isinstance(shot.get("frames"), int) and shot["frames"] <= _SHORT_SHOT and shot.get("kind") != "portrait"
        made = await self._run(request, report, work.film_shot, dict(shot), files, out, options, quick=quick)
        return {"video": await workspace.keep(out, "video/mp4", role="video")}, made

    async def _film(
        self, request: ProviderRequest, workspace: Workspace, report: Report
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        plan = request.parameters.get("plan")
        if not isinstance(plan, Mapping):
            raise refused("no film was described", "Order films by their project.")
        files: dict[str, Path] = {role: await workspace.fetch(stored) for role, stored in request.inputs.items()}
        outs = {role: workspace.directory / f"film.{suffix}" for role, suffix in _FILM.items()}
        options = {"music_repeats": bool(request.parameters.get("music_repeats"))}
        made = await self._run(request, report, work.film_join, dict(plan), files, outs, options)
        kept = {role: await workspace.keep(outs[role], _TYPES[role], role=role) for role in _FILM}
        return kept, made


_FILM = {"video": "mp4", "srt": "srt", "vtt": "vtt"}
_TYPES = {"video": "video/mp4", "srt": "application/x-subrip", "vtt": "text/vtt"}
