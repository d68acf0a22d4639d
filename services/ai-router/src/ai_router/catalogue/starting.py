"""The catalogue a new installation starts with (AIR-21 to AIR-28, 37, 41, 42, 45, 47). Rows, edited later in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ai_router.catalogue.models import Offer, Policy
from contracts.enums import Capability, ProviderKey

LOCAL = 100
"""Priority from which local providers count, so that they end every chain."""

OFFERS: tuple[Offer, ...] = (
    Offer(
        ProviderKey.NANO_BANANA,
        Capability.IMAGE_ENHANCEMENT,
        Decimal("0.039"),
        "image",
        quality=8.5,
        speed_s=2.1,
        priority=1,
        requests_per_hour=1000,
    ),
    Offer(
        ProviderKey.IDEOGRAM,
        Capability.IMAGE_ENHANCEMENT,
        Decimal("0.50"),
        "image",
        quality=9.2,
        speed_s=3.4,
        priority=2,
    ),
    Offer(
        ProviderKey.MIDJOURNEY_API,
        Capability.IMAGE_ENHANCEMENT,
        Decimal("0.35"),
        "image",
        quality=9.5,
        speed_s=8.2,
        priority=3,
        listing="quality",
    ),
    Offer(
        ProviderKey.LOCAL_UPSCALER,
        Capability.IMAGE_ENHANCEMENT,
        Decimal(0),
        "image",
        quality=7.0,
        speed_s=1.0,
        priority=LOCAL,
        zero_cost=True,
        deterministic=True,
    ),
    Offer(
        ProviderKey.LOCAL_UPSCALER,
        Capability.IMAGE_UPSCALE,
        Decimal(0),
        "image",
        quality=7.0,
        speed_s=2.0,
        priority=LOCAL,
        zero_cost=True,
        deterministic=True,
    ),
    Offer(
        ProviderKey.VEO3,
        Capability.VIDEO_GENERATION,
        Decimal("0.15"),
        "second",
        quality=8.0,
        speed_s=12.5,
        priority=1,
        max_clip_s=10.0,
        requests_per_hour=100,
    ),
    Offer(
        ProviderKey.RUNWAY_ACT2,
        Capability.VIDEO_GENERATION,
        Decimal("0.20"),
        "second",
        quality=9.5,
        speed_s=15.3,
        priority=2,
    ),
    Offer(
        ProviderKey.HEYGEN_AVATAR,
        Capability.VIDEO_GENERATION,
        Decimal("3.00"),
        "second",
        quality=9.8,
        speed_s=25.0,
        priority=3,
        listing="named",
    ),
    Offer(
        ProviderKey.LOCAL_STABLE_VIDEO,
        Capability.VIDEO_GENERATION,
        Decimal(0),
        "second",
        quality=6.5,
        speed_s=10.0,
        priority=LOCAL,
        zero_cost=True,
        deterministic=True,
    ),
    Offer(
        ProviderKey.LOCAL_SPEECH,
        Capability.AUDIO_GENERATION,
        Decimal(0),
        "job",
        quality=6.0,
        speed_s=1.0,
        priority=LOCAL,
        zero_cost=True,
        deterministic=True,
    ),
    Offer(
        ProviderKey.LOCAL_MUSIC,
        Capability.MUSIC_GENERATION,
        Decimal(0),
        "job",
        quality=6.0,
        speed_s=2.0,
        priority=LOCAL,
        zero_cost=True,
        deterministic=True,
    ),
)

POLICIES: tuple[Policy, ...] = (
    Policy(
        Capability.IMAGE_ENHANCEMENT,
        primary=ProviderKey.NANO_BANANA,
        minimum_quality=7.0,
        fallback_score=7.0,
    ),
    Policy(
        Capability.VIDEO_GENERATION,
        primary=ProviderKey.VEO3,
        premium=ProviderKey.RUNWAY_ACT2,
        minimum_quality=7.0,
    ),
)

RULES: Mapping[str, Any] = {
    "budgets": {"free": "0.10", "starter": "0.50", "pro": "2.00", "enterprise": "10.00"},
    "premium_tiers": ["pro", "enterprise"],
    "priorities": {"enterprise": "high_priority", "premium": "high_priority", "free": "low_priority"},
    "fallback": True,
    "emergency": False,
    "daily_warning": "4000",
    "daily_limit": "5000",
}


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the list of models that users see (AIR-17)."""

    name: str
    provider: str
    model_type: str
    description: str
    parameters: Mapping[str, Any]


MODELS: tuple[Model, ...] = (
    Model(
        "photo-enhance",
        ProviderKey.LOCAL_UPSCALER,
        Capability.IMAGE_ENHANCEMENT,
        "Corrects light, colour, noise and sharpness on this machine.",
        {"enhancement_type": "standard", "strength": 1.0},
    ),
    Model(
        "photo-upscale",
        ProviderKey.LOCAL_UPSCALER,
        Capability.IMAGE_UPSCALE,
        "Doubles or quadruples the size of a photo on this machine.",
        {"factor": 2},
    ),
    Model(
        "espeak-ng",
        ProviderKey.LOCAL_SPEECH,
        Capability.AUDIO_GENERATION,
        "Speaks a script in eight languages on this machine, with the time of every word and sound.",
        {"language": "en", "voice": "neutral", "speed": 1.0, "pitch": 1.0},
    ),
    Model(
        "talking-photo",
        ProviderKey.LOCAL_STABLE_VIDEO,
        Capability.VIDEO_GENERATION,
        "Moves the mouth, eyes and head of a portrait to recorded speech on this machine.",
        {"width": 720, "height": 1280, "motion": 1.0, "seed": 0},
    ),
    Model(
        "music-bed",
        ProviderKey.LOCAL_MUSIC,
        Capability.MUSIC_GENERATION,
        "Composes a simple background track on this machine.",
        {"style": "calm", "duration": 30, "seed": 0},
    ),
    Model(
        "gemini-2.5-flash-image",
        ProviderKey.NANO_BANANA,
        Capability.IMAGE_ENHANCEMENT,
        "Google's image model, through the Gemini API.",
        {"enhancement_type": "standard"},
    ),
    Model(
        "veo-3",
        ProviderKey.VEO3,
        Capability.VIDEO_GENERATION,
        "Google's video model; clips of up to 10 seconds.",
        {"duration": 8},
    ),
)
