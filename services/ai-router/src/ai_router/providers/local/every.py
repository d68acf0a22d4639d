"""Every local provider, by key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ai_router.providers.local.adapters import Local, LocalMusic, LocalSpeech, LocalTalkingPhoto, LocalUpscaler
from ai_router.providers.local.clipping import LocalClips
from ai_router.providers.local.editing import LocalEditor
from ai_router.providers.local.fetching import LocalSources
from ai_router.providers.local.filming import LocalFilm
from ai_router.providers.local.listening import LocalEars, LocalHooks
from chassis.work.process_pool import ProcessPool

SOURCE_MAX_BYTES = 2 << 30
"""Of one video that is brought from elsewhere, where nothing else is set."""


def local_providers(
    processes: ProcessPool,
    *,
    deadline_s: float,
    piper_voices: Mapping[str, Path] = MappingProxyType({}),
    whisper: Path | None = None,
    source_max_bytes: int = SOURCE_MAX_BYTES,
    source_simulator: str | None = None,
) -> dict[str, Local]:
    """Every local provider by key; they are always configured. The files and the folder are as in the settings."""
    providers = (
        LocalUpscaler(processes, deadline_s=deadline_s),
        LocalEditor(processes, deadline_s=deadline_s),
        LocalSpeech(processes, deadline_s=deadline_s, piper_voices=piper_voices),
        LocalTalkingPhoto(processes, deadline_s=deadline_s, whisper=whisper),
        LocalMusic(processes, deadline_s=deadline_s),
        LocalEars(processes, deadline_s=deadline_s, whisper=whisper),
        LocalHooks(processes, deadline_s=deadline_s),
        LocalSources(processes, deadline_s=deadline_s, max_bytes=source_max_bytes, simulator=source_simulator),
        LocalClips(processes, deadline_s=deadline_s),
        LocalFilm(processes, deadline_s=deadline_s),
    )
    return {provider.key: provider for provider in providers}
