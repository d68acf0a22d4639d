"""Every local provider, by key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ai_router.providers.local.adapters import Local, LocalMusic, LocalSpeech, LocalTalkingPhoto, LocalUpscaler
from ai_router.providers.local.filming import LocalFilm
from ai_router.providers.local.listening import LocalEars, LocalHooks
from chassis.work.process_pool import ProcessPool


def local_providers(
    processes: ProcessPool,
    *,
    deadline_s: float,
    piper_voices: Mapping[str, Path] = MappingProxyType({}),
    whisper: Path | None = None,
) -> dict[str, Local]:
    """Every local provider by key; they are always configured. The files and the folder are as in the settings."""
    providers = (
        LocalUpscaler(processes, deadline_s=deadline_s),
        LocalSpeech(processes, deadline_s=deadline_s, piper_voices=piper_voices),
        LocalTalkingPhoto(processes, deadline_s=deadline_s),
        LocalMusic(processes, deadline_s=deadline_s),
        LocalEars(processes, deadline_s=deadline_s, whisper=whisper),
        LocalHooks(processes, deadline_s=deadline_s),
        LocalFilm(processes, deadline_s=deadline_s),
    )
    return {provider.key: provider for provider in providers}
