"""The specifications a new installation starts with (EXP-17). Rows, edited later in place."""

from __future__ import annotations

from datetime import date

from contracts.enums import Platform
from export.platforms.models import PlatformSpecification, Requirements

_CHECKED = date(2026, 11, 29)

SPECIFICATIONS: tuple[PlatformSpecification, ...] = (
    PlatformSpecification(
        platform=Platform.INSTAGRAM,
        values=Requirements(
            name="Instagram Reels",
            aspect_ratio="9:16",
            width=1080,
            height=1920,
            max_duration_s=900.0,
            max_duration_source="https://help.swat.io/en/articles/6553969-instagram-reels (Reels API: 15 minutes)",
            max_duration_checked=_CHECKED,
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
            max_duration_s=600.0,
            max_duration_source="https://ayrshare.com/docs/media-guidelines/tiktok (Content Posting API: 600 s)",
            max_duration_checked=_CHECKED,
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
            # Every channel may upload so much; a verified one up to 12 hours.
            max_duration_s=900.0,
            max_duration_source="https://quso.ai/blog/youtube-video-length-limit (after YouTube's upload limits)",
            max_duration_checked=_CHECKED,
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
            max_duration_s=180.0,
            max_duration_source="https://support.google.com/youtube/answer/15424877",
            max_duration_checked=_CHECKED,
            max_size_mb=262_144,
            caption_length=5000,
            title_length=100,
            hashtags=3,
            audio_bit_rate=192_000,
        ),
    ),
)
