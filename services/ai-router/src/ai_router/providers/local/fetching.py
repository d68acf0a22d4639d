"""Brings videos of others here: one file, of the length and size that are allowed, from the hosts that are (WFL-38)."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from ai_router.providers.local.adapters import Local, refused
from ai_router.providers.port import Declaration, ProviderRequest, ProviderResult, Report, Workspace
from ai_router.providers.sources import refusals
from ai_router.providers.sources.port import Bounds, Found, SourceUnreachable
from ai_router.providers.sources.youtube import YouTube
from chassis.work.process_pool import ProcessPool
from contracts.enums import Capability, ProviderKey
from media.errors import BadMedia, TooLarge

_MORE_S = 2.0
"""A source rounds what it says of a length."""
_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"}


class LocalSources(Local):
    """What a link leads to, and the video itself; each is looked at or brought in a process that can be ended."""

    key = ProviderKey.LOCAL_SOURCES
    declarations = (
        Declaration(
            Capability.SOURCE_FETCH,
            models=("yt-dlp",),
            honours=frozenset({"url", "max_seconds", "end", "only_look"}),
            price_unit="job",
            idempotency="key",
        ),
    )

    def __init__(self, processes: ProcessPool, *, deadline_s: float, max_bytes: int, simulator: str | None) -> None:
        super().__init__(processes, deadline_s=deadline_s)
        self._max_bytes = max_bytes
        self._simulator = simulator

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """``video``, and what it is in ``data``; with ``only_look`` the latter alone.

        Raises ``INPUT`` with words of its own for each reason why a video is not to be had, before any of it is
        brought.
        """
        model, ignored = self._offered(request)
        link, most = request.parameters.get("url"), request.parameters.get("max_seconds")
        if not isinstance(link, str) or not link:
            raise refused("no link was given", "Send the link of a YouTube video.")
        if not isinstance(most, int | float) or isinstance(most, bool) or not 0 < most < math.inf:
            raise refused("how long it may be was not said", "Say how many seconds the video may have.")
        end = request.parameters.get("end")
        bounds = Bounds(float(most), self._max_bytes, self._simulator, None if end is None else float(end))
        if request.parameters.get("only_look"):
            found = await self._run(request, report, look, link, bounds, quick=True)
            return ProviderResult(outputs={}, units=Decimal(1), model=model, data=_told(found), ignored=ignored)
        folder = workspace.directory / "fetched"
        folder.mkdir()
        found, path = await self._run(request, report, fetch, link, folder, bounds, quick=False)
        video = await workspace.keep(path, _TYPES.get(path.suffix, "video/mp4"), role="video")
        return ProviderResult(
            outputs={"video": video}, units=Decimal(1), model=model, data=_told(found), ignored=ignored
        )


def look(link: str, bounds: Bounds, *, progress: Callable[[float], None]) -> Found:
    """In a worker: what ``link`` leads to."""
    progress(0.0)
    return YouTube().look(link, bounds)


def fetch(link: str, folder: Path, bounds: Bounds, *, progress: Callable[[float], None]) -> tuple[Found, Path]:
    """In a worker: the video of ``link``, in ``folder``, whole."""
    from media.video.probe import probe
    from media.video.source import Limits

    progress(0.0)
    found, path = YouTube().fetch(link, folder, bounds, progress)
    try:
        seconds = probe(path, limits=Limits(size=bounds.max_bytes, duration=bounds.max_seconds + _MORE_S)).duration
    except TooLarge as error:
        raise refusals.longer(bounds) from error
    except BadMedia as error:
        raise SourceUnreachable(f"what came is no video: {error.message}") from error
    if seconds < found.seconds - max(_MORE_S, 0.02 * found.seconds):
        raise SourceUnreachable(f"{seconds:.1f} of {found.seconds:.1f} s came")
    return found._replace(seconds=seconds), path


def _told(found: Found) -> dict[str, Any]:
    return {
        "source_id": found.id,
        "title": found.title,
        "duration": found.seconds,
        **({"uploader": found.uploader} if found.uploader else {}),
    }
