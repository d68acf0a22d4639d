"""The specifications a new installation starts with (EXP-17). Rows, edited later in place."""

from __future__ import annotations

from contracts.enums import Platform
from export.platforms.models import PlatformSpecification, Requirements

SPECIFICATIONS: tuple[PlatformSpecification, ...] = (
    PlatformSpecification(
        platform=Platform.INSTAGRAM,
        values=Requirements(
            name="Instagram Reels",
            aspect_ratio="9:16",
            width=1080,
            height=1920,
            max_size_mb=4096,
            caption_length=2200,
            hashtags=8,
        ),
    ),
    PlatformSpecification(
        platform=Platform.TIKTOK,
        values=Requirements(
            name="TikTok",
            aspect_ratio="9:16",
            width=1080,
            height=1920,
            max_size_mb=500,
            caption_length=2200,
            hashtags=5,
        ),
    ),
    PlatformSpecification(
        platform=Platform.YOUTUBE,
        values=Requirements(
            name="YouTube",
            aspect_ratio="16:9",
            width=1920,
            height=1080,
            max_duration_s=None,
            max_size_mb=262_144,
            caption_length=5000,
            title_length=100,
            hashtags=3,
            audio_bit_rate=192_000,
            fit="pad",
        ),
    ),
    PlatformSpecification(
        platform=Platform.YOUTUBE,
        variant="shorts",
        values=Requirements(
            name="YouTube Shorts",
            aspect_ratio="9:16",
            width=1080,
            height=1920,
            max_size_mb=262_144,
            caption_length=5000,
            title_length=100,
            hashtags=3,
            audio_bit_rate=192_000,
        ),
    ),
)
