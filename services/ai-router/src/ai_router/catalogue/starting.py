"""The catalogue a new installation starts with (AIR-21 to AIR-32, 37, 41, 42, 45, 47). Rows, edited later in place.

Stated figures stand as stated. Of the others, marked ``[assumed]``, prices are the vendors' list prices in dollars at
90 rupees, rounded up to the four places of money; a provider's further capabilities cost what its stated one costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ai_router.catalogue.listed import Model, vendors
from ai_router.catalogue.models import CostUnit, Listing, Offer, Policy
from ai_router.routing.patience import USUAL_S
from contracts.enums import Capability, ProductLineKey, ProviderKey

LOCAL = 100
"""Priority from which local providers count, so that they end every chain."""


def _assumed(
    provider: ProviderKey,
    capability: Capability,
    cost: str,
    unit: CostUnit,
    quality: float,
    speed_s: float,
    priority: int,
    *,
    listing: Listing = "chain",
    max_clip_s: float | None = None,
) -> Offer:
    return Offer(
        provider,
        capability,
        Decimal(cost),
        unit,
        quality=quality,
        speed_s=speed_s,
        priority=priority,
        listing=listing,
        max_clip_s=max_clip_s,
    )


_STATED: tuple[Offer, ...] = (
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
        ProviderKey.LOCAL_EDITOR,
        Capability.IMAGE_EDIT,
        Decimal(0),
        "image",
        quality=8.0,
        speed_s=1.0,
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
        # AIR-25 states 10 s, the vendor makes clips of 4, 6 or 8 s: one asked for 10 s would be paid and thrown away.
        max_clip_s=8.0,
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
        max_clip_s=10.0,
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

_LISTENERS: tuple[tuple[ProviderKey, Capability, CostUnit, float], ...] = (
    (ProviderKey.LOCAL_EARS, Capability.TRANSCRIPTION, "second", 4.0),
    (ProviderKey.LOCAL_HOOKS, Capability.HOOK_DETECTION, "job", 0.5),
    (ProviderKey.LOCAL_STABLE_VIDEO, Capability.LIP_SYNC, "second", 10.0),
    (ProviderKey.LOCAL_FILM, Capability.FILM_SHOT, "second", 1.5),
    (ProviderKey.LOCAL_FILM, Capability.FILM_JOIN, "second", 5.0),
)
_LISTENING: tuple[Offer, ...] = tuple(
    Offer(
        provider,
        capability,
        Decimal(0),
        unit,
        quality=6.0,
        speed_s=speed_s,
        priority=LOCAL,
        zero_cost=True,
        deterministic=True,
    )
    for provider, capability, unit, speed_s in _LISTENERS
)

# [assumed] What has a key is wanted, so these are in the chains; not where that would put another provider into a
# written chain (AIR-41), or money before an upscaler that costs nothing.
_FURTHER: tuple[Offer, ...] = (
    _assumed(ProviderKey.FAL_AI, Capability.IMAGE_GENERATION, "2.25", "image", 8.0, 4.0, 1),
    _assumed(ProviderKey.OPENAI, Capability.IMAGE_GENERATION, "4.50", "image", 8.5, 15.0, 2),
    _assumed(ProviderKey.STABILITY_AI, Capability.IMAGE_GENERATION, "2.70", "image", 7.5, 5.0, 3),
    _assumed(ProviderKey.IDEOGRAM, Capability.IMAGE_GENERATION, "0.50", "image", 9.2, 8.0, 4),
    _assumed(ProviderKey.NANO_BANANA, Capability.IMAGE_GENERATION, "0.039", "image", 8.5, 4.0, 5),
    _assumed(ProviderKey.MIDJOURNEY_API, Capability.IMAGE_GENERATION, "0.35", "image", 9.5, 40.0, 6, listing="quality"),
    _assumed(ProviderKey.FAL_AI, Capability.IMAGE_EDIT, "3.60", "image", 8.5, 6.0, 1),
    _assumed(ProviderKey.NANO_BANANA, Capability.IMAGE_EDIT, "0.039", "image", 8.5, 4.0, 2),
    _assumed(ProviderKey.OPENAI, Capability.IMAGE_EDIT, "4.50", "image", 8.5, 15.0, 3),
    _assumed(ProviderKey.STABILITY_AI, Capability.IMAGE_EDIT, "7.20", "image", 7.5, 6.0, 4),
    _assumed(ProviderKey.IDEOGRAM, Capability.IMAGE_EDIT, "0.50", "image", 9.0, 8.0, 5),
    _assumed(ProviderKey.OPENAI, Capability.IMAGE_ENHANCEMENT, "4.50", "image", 8.5, 15.0, 4, listing="named"),
    _assumed(ProviderKey.STABILITY_AI, Capability.IMAGE_UPSCALE, "1.80", "image", 8.0, 3.0, 1, listing="named"),
    _assumed(ProviderKey.IDEOGRAM, Capability.IMAGE_UPSCALE, "0.50", "image", 8.5, 8.0, 2, listing="named"),
    _assumed(ProviderKey.FAL_AI, Capability.IMAGE_UPSCALE, "10.80", "image", 8.5, 20.0, 3, listing="named"),
    _assumed(
        ProviderKey.REPLICATE,
        Capability.VIDEO_GENERATION,
        "3.24",
        "second",
        7.5,
        60.0,
        4,
        listing="named",
        max_clip_s=12.0,
    ),
    _assumed(ProviderKey.FAL_AI, Capability.LIP_SYNC, "4.50", "second", 8.5, 30.0, 1),
    _assumed(ProviderKey.ELEVENLABS, Capability.AUDIO_GENERATION, "0.018", "character", 9.5, 2.0, 1),
    _assumed(ProviderKey.OPENAI, Capability.AUDIO_GENERATION, "0.0016", "character", 8.5, 3.0, 2),
    _assumed(ProviderKey.ELEVENLABS, Capability.MUSIC_GENERATION, "1.20", "second", 9.0, 20.0, 1, max_clip_s=600.0),
    _assumed(ProviderKey.FAL_AI, Capability.MUSIC_GENERATION, "0.60", "second", 8.0, 15.0, 2, max_clip_s=190.0),
    # A machine of one's own costs what it draws from the wall; whoever has one wants it used first.
    _assumed(ProviderKey.OWN_SERVER, Capability.IMAGE_GENERATION, "0.01", "job", 8.0, 10.0, 0),
    _assumed(ProviderKey.OWN_SERVER, Capability.AUDIO_GENERATION, "0.01", "job", 8.5, 3.0, 0),
    _assumed(ProviderKey.OWN_SERVER, Capability.TRANSCRIPTION, "0.01", "job", 8.5, 5.0, 0),
    # Tokens at the price of an output token, which is the dearer one.
    _assumed(ProviderKey.OPENAI, Capability.HOOK_DETECTION, "0.0005", "token", 8.5, 4.0, 1),
    _assumed(ProviderKey.ANTHROPIC, Capability.HOOK_DETECTION, "0.0005", "token", 8.5, 4.0, 2),
    _assumed(ProviderKey.OPENAI, Capability.WORKFLOW_OPTIMIZATION, "0.0005", "token", 8.5, 4.0, 1),
    _assumed(ProviderKey.ANTHROPIC, Capability.WORKFLOW_OPTIMIZATION, "0.0005", "token", 8.5, 4.0, 2),
)

_CLIPPING: tuple[Offer, ...] = (
    # What is at a link may change, so it is looked at anew each time.
    Offer(
        ProviderKey.LOCAL_SOURCES,
        Capability.SOURCE_FETCH,
        Decimal(0),
        "job",
        quality=6.0,
        speed_s=5.0,
        priority=LOCAL,
        zero_cost=True,
    ),
    *(
        Offer(
            ProviderKey.LOCAL_CLIPS,
            capability,
            Decimal(0),
            "job",
            quality=7.0,
            speed_s=speed_s,
            priority=LOCAL,
            zero_cost=True,
            deterministic=True,
        )
        for capability, speed_s in ((Capability.VIDEO_TRIM, 2.0), (Capability.CLIP_RENDERING, 20.0))
    ),
)

OFFERS: tuple[Offer, ...] = (*_STATED, *_LISTENING, *_CLIPPING, *_FURTHER)

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

LINE_POLICIES: Mapping[str, tuple[Policy, ...]] = {
    ProductLineKey.PIXIE: (Policy(Capability.IMAGE_GENERATION, primary=ProviderKey.FAL_AI),),
    ProductLineKey.REELY: (Policy(Capability.HOOK_DETECTION, primary=ProviderKey.OPENAI),),
}
"""Where a product line is routed otherwise than all (CFL-49)."""

RULES: Mapping[str, Any] = {
    "premium_tiers": ["pro", "enterprise"],
    "priorities": {"enterprise": "high_priority", "premium": "high_priority", "free": "low_priority"},
    "fallback": True,
    "emergency": False,
    "daily_warning": "4000",
    "daily_limit": "5000",
    "patience_s": {lane.value: seconds for lane, seconds in USUAL_S.items()},
    "jobs_at_once": {"*": 5, "pro": 20, "premium": 20, "enterprise": 50},
}


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
        "real-esrgan",
        ProviderKey.LOCAL_UPSCALER,
        Capability.IMAGE_UPSCALE,
        "Redraws a small photo, up to 640 x 640 pixels, at two or four times its size on this machine; takes minutes.",
        {"factor": 4},
    ),
    Model(
        "photo-edit",
        ProviderKey.LOCAL_EDITOR,
        Capability.IMAGE_EDIT,
        "Edits a picture by a recipe on this machine: crop, turn, colour, light, background, words, logo, sharpness.",
        {"recipe": [{"op": "crop", "aspect": "4:5"}]},
        credits_per_use=0,
    ),
    Model(
        "hibari",
        ProviderKey.LOCAL_SPEECH,
        Capability.AUDIO_GENERATION,
        "Speaks an English script with a natural voice on this machine, with the time of every word and sound.",
        {"language": "en", "voice": "neutral", "speed": 1.0, "pitch": 1.0},
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
        "whisper-tiny.en",
        ProviderKey.LOCAL_EARS,
        Capability.TRANSCRIPTION,
        "Writes down what is said in an English recording on this machine, with the time of every word.",
        {"language": "en"},
    ),
    Model(
        "hook-rubric",
        ProviderKey.LOCAL_HOOKS,
        Capability.HOOK_DETECTION,
        "Finds the moments worth watching by a rubric that says for which words each point was given.",
        {"count": 3, "language": "en"},
    ),
    Model(
        "slow-camera",
        ProviderKey.LOCAL_FILM,
        Capability.FILM_SHOT,
        "Makes a shot of a film on this machine: a picture under a slow camera, a title card, a face that speaks.",
        {},
    ),
    Model(
        "joined",
        ProviderKey.LOCAL_FILM,
        Capability.FILM_JOIN,
        "Puts the shots of a film together on this machine, with voices, music and subtitles.",
        {},
    ),
    Model(
        "yt-dlp",
        ProviderKey.LOCAL_SOURCES,
        Capability.SOURCE_FETCH,
        "Fetches a video from a YouTube link, as long as the plan allows.",
        {},
    ),
    Model(
        "frame-cut",
        ProviderKey.LOCAL_CLIPS,
        Capability.VIDEO_TRIM,
        "Cuts a part out of a video on this machine, exact to the frame.",
        {"format": "mp4"},
    ),
    Model(
        "clip",
        ProviderKey.LOCAL_CLIPS,
        Capability.CLIP_RENDERING,
        "Makes a clip of a part of a video on this machine, in the shape of a telephone and with captions.",
        {"aspect": "vertical", "layout": "auto", "captions": "karaoke"},
    ),
    *vendors(),
)
