"""The four products as data (PLT-05): the defaults. A deployment may have some of it otherwise (``line_changes``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.enums import ProductLineKey

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
VIDEO_TYPES = ("video/mp4", "video/quicktime", "video/webm")
MEDIA_TYPES = ("audio/mpeg", "audio/wav", "audio/mp4", *VIDEO_TYPES)


@dataclass(frozen=True, slots=True)
class ProductLine:
    """What makes one product differ from the others. Sizes in bytes, times in seconds.

    ``plans`` are the keys of what billing's catalogue sells, the cheapest first; without any the line cannot be used.
    Where ``tells_known_addresses`` is off, a registration with the address of an account is answered like any other.
    """

    key: ProductLineKey
    display_name: str
    currency: str
    plans: tuple[str, ...]
    upload_types: tuple[str, ...] = IMAGE_TYPES
    access_token_seconds: int = 900
    script_characters: int = 5_000
    max_duration_seconds: int = 60
    consent_required: bool = False
    name_required: bool = False
    verified_before_generation: bool = False
    tells_known_addresses: bool = False
    default_providers: dict[str, str] = field(default_factory=dict)


_LINES = (
    ProductLine(
        key=ProductLineKey.TALKINGPHOTO,
        display_name="TalkingPhoto",
        currency="INR",
        plans=("free", "starter", "pro", "enterprise"),
        consent_required=True,
        default_providers={"image_enhancement": "nano_banana", "video_generation": "veo3"},
    ),
    ProductLine(
        key=ProductLineKey.REELY,
        display_name="Reely",
        currency="USD",
        plans=("free", "pro", "premium"),
        upload_types=IMAGE_TYPES + VIDEO_TYPES,
        default_providers={"hook_detection": "openai"},
    ),
    ProductLine(
        key=ProductLineKey.FILMSTUDIO,
        display_name="AI Film Studio",
        currency="USD",
        plans=("free", "standard", "pro", "enterprise"),
        upload_types=IMAGE_TYPES + MEDIA_TYPES,
        access_token_seconds=86_400,
        name_required=True,
    ),
    ProductLine(
        key=ProductLineKey.PIXIE,
        display_name="پیکسی",
        currency="USD",
        plans=("free", "premium"),
        upload_types=IMAGE_TYPES + MEDIA_TYPES,
        name_required=True,
        default_providers={"image_generation": "fal_ai"},
    ),
)

PRODUCT_LINES: dict[str, ProductLine] = {line.key.value: line for line in _LINES}


def offered() -> tuple[str, ...]:
    """Product lines that have plans: the only ones in which anybody can be, or order."""
    return tuple(key for key, line in PRODUCT_LINES.items() if line.plans)
