"""Models of outside vendors that a new installation lists (AIR-13, AIR-17): every one that an adapter declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from contracts.enums import Capability, ProviderKey


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the list of models that users see (AIR-17)."""

    name: str
    provider: str
    model_type: str
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)
    credits_per_use: int = 1


_GEMINI = ("gemini-2.5-flash-image", "gemini-3.1-flash-image", "gemini-3-pro-image")
_GPT_IMAGE = ("gpt-image-2.5-flare", "gpt-image-2.5-sunburst")
_GPT = ("gpt-5.4-mini", "gpt-5.4")
_CLAUDE = ("claude-haiku-4-5", "claude-sonnet-5")
_SIDE = {"width": 1024, "height": 1024}

_ROWS: tuple[tuple[ProviderKey, Capability, tuple[str, ...], str, dict[str, Any]], ...] = (
    (
        ProviderKey.NANO_BANANA,
        Capability.IMAGE_ENHANCEMENT,
        _GEMINI,
        "Google's image model, through the Gemini API.",
        {"enhancement_type": "standard"},
    ),
    (ProviderKey.NANO_BANANA, Capability.IMAGE_EDIT, _GEMINI, "Google's image model changes a picture.", {}),
    (ProviderKey.NANO_BANANA, Capability.IMAGE_GENERATION, _GEMINI, "Google's image model.", _SIDE),
    (
        ProviderKey.VEO3,
        Capability.VIDEO_GENERATION,
        ("veo-3.1-generate-001", "veo-3.1-fast-generate-001"),
        "Google's video model; clips of 4, 6 or 8 seconds.",
        {"duration": 8},
    ),
    (
        ProviderKey.FAL_AI,
        Capability.IMAGE_GENERATION,
        ("fal-ai/flux/dev", "fal-ai/flux/schnell", "fal-ai/flux-pro/v1.1"),
        "FLUX.1 by Black Forest Labs, at fal.",
        _SIDE,
    ),
    (
        ProviderKey.FAL_AI,
        Capability.IMAGE_GENERATION,
        ("fal-ai/flux/dev/image-to-image",),
        "FLUX.1 makes pictures like one that is there, at fal.",
        {"strength": 0.6},
    ),
    (ProviderKey.FAL_AI, Capability.IMAGE_EDIT, ("fal-ai/flux-pro/kontext",), "FLUX.1 Kontext changes a picture.", {}),
    (
        ProviderKey.FAL_AI,
        Capability.IMAGE_EDIT,
        ("fal-ai/flux-pro/v1/fill",),
        "FLUX.1 Fill changes a picture where its mask is white.",
        {},
    ),
    (
        ProviderKey.FAL_AI,
        Capability.IMAGE_UPSCALE,
        ("fal-ai/clarity-upscaler",),
        "Enlarges a picture and adds detail, at fal.",
        {"factor": 2},
    ),
    (ProviderKey.FAL_AI, Capability.LIP_SYNC, ("fal-ai/sync-lipsync/v2",), "Fits lips to a sound, at fal.", {}),
    (
        ProviderKey.FAL_AI,
        Capability.MUSIC_GENERATION,
        ("fal-ai/stable-audio-25/text-to-audio",),
        "Stable Audio 2.5, at fal.",
        {"duration": 30},
    ),
    (ProviderKey.OPENAI, Capability.IMAGE_GENERATION, _GPT_IMAGE, "OpenAI's image model.", _SIDE),
    (ProviderKey.OPENAI, Capability.IMAGE_EDIT, _GPT_IMAGE, "OpenAI's image model changes a picture.", {}),
    (ProviderKey.OPENAI, Capability.IMAGE_ENHANCEMENT, _GPT_IMAGE, "OpenAI's image model betters a photo.", {}),
    (
        ProviderKey.OPENAI,
        Capability.AUDIO_GENERATION,
        ("gpt-4o-mini-tts",),
        "OpenAI's voice, in many languages.",
        {"voice": "neutral", "speed": 1.0},
    ),
    (ProviderKey.OPENAI, Capability.HOOK_DETECTION, _GPT, "OpenAI's language model finds the moments.", {"count": 3}),
    (ProviderKey.OPENAI, Capability.WORKFLOW_OPTIMIZATION, _GPT, "OpenAI's language model gives advice.", {}),
    (
        ProviderKey.ANTHROPIC,
        Capability.HOOK_DETECTION,
        _CLAUDE,
        "Anthropic's language model finds the moments.",
        {"count": 3},
    ),
    (ProviderKey.ANTHROPIC, Capability.WORKFLOW_OPTIMIZATION, _CLAUDE, "Anthropic's language model gives advice.", {}),
    (
        ProviderKey.ELEVENLABS,
        Capability.AUDIO_GENERATION,
        ("eleven_multilingual_v2", "eleven_flash_v2_5"),
        "ElevenLabs' voices, with the time of each word.",
        {"voice": "neutral", "speed": 1.0},
    ),
    (
        ProviderKey.ELEVENLABS,
        Capability.MUSIC_GENERATION,
        ("music_v1", "music_v2"),
        "ElevenLabs' music.",
        {"duration": 30},
    ),
    (
        ProviderKey.RUNWAY_ACT2,
        Capability.VIDEO_GENERATION,
        ("gen4.5", "gen4_turbo", "act_two"),
        "Runway's video models; Act-Two follows another video.",
        {"duration": 10},
    ),
    (
        ProviderKey.STABILITY_AI,
        Capability.IMAGE_GENERATION,
        ("stable-image-core", "stable-image-ultra"),
        "Stability AI's image models.",
        _SIDE,
    ),
    (
        ProviderKey.STABILITY_AI,
        Capability.IMAGE_EDIT,
        ("stable-image-ultra", "inpaint"),
        "Stability AI changes a picture, or what a mask shows.",
        {},
    ),
    (
        ProviderKey.STABILITY_AI,
        Capability.IMAGE_UPSCALE,
        ("upscale-fast",),
        "Stability AI enlarges a picture four times.",
        {},
    ),
    (
        ProviderKey.HEYGEN_AVATAR,
        Capability.VIDEO_GENERATION,
        ("avatar_iv",),
        "HeyGen has a photo speak.",
        {"voice": "neutral"},
    ),
    (ProviderKey.IDEOGRAM, Capability.IMAGE_GENERATION, ("ideogram-v3",), "Ideogram's image model.", _SIDE),
    (ProviderKey.IDEOGRAM, Capability.IMAGE_EDIT, ("ideogram-edit",), "Ideogram changes a picture.", {}),
    (
        ProviderKey.IDEOGRAM,
        Capability.IMAGE_ENHANCEMENT,
        ("ideogram-edit",),
        "Ideogram betters a photo.",
        {"enhancement_type": "standard"},
    ),
    (ProviderKey.IDEOGRAM, Capability.IMAGE_UPSCALE, ("ideogram-upscale",), "Ideogram enlarges a picture.", {}),
    (
        ProviderKey.MIDJOURNEY_API,
        Capability.IMAGE_ENHANCEMENT,
        ("midjourney",),
        "Midjourney betters a photo; four pictures.",
        {"enhancement_type": "standard"},
    ),
    (ProviderKey.MIDJOURNEY_API, Capability.IMAGE_GENERATION, ("midjourney",), "Midjourney; four pictures.", _SIDE),
    (
        ProviderKey.REPLICATE,
        Capability.VIDEO_GENERATION,
        ("bytedance/seedance-1-lite",),
        "ByteDance's video model, at Replicate.",
        {"duration": 5},
    ),
    (ProviderKey.OWN_SERVER, Capability.AUDIO_GENERATION, ("tts-1",), "Speech by a server of one's own.", {}),
    (ProviderKey.OWN_SERVER, Capability.IMAGE_GENERATION, ("stablediffusion",), "Pictures by one's own server.", _SIDE),
    (ProviderKey.OWN_SERVER, Capability.TRANSCRIPTION, ("whisper-1",), "What is said, by a server of one's own.", {}),
)


def vendors() -> Iterator[Model]:
    """One entry for each model of each vendor for each thing it does."""
    for provider, capability, names, description, parameters in _ROWS:
        for name in names:
            yield Model(name, provider, capability, description, parameters)
