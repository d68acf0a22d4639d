"""The specifications a new installation starts with (EXP-17). Rows, edited later in place.

Each says where its figures are stated and when they were looked up. Where two
sources differ the stricter figure stands.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from export.platforms.models import STANDARD, PlatformSpecification, Requirements, Reserved

_CHECKED = date(2026, 11, 29)

_META_AREAS = "https://houseofmarketers.com/guide-to-safe-zones-tiktok-facebook-instagram-stories-reels/ (after Meta)"
_META = Reserved(left=0.06, top=0.14, right=0.06, bottom=0.35)
_TIKTOK_AREAS = "https://adfuseai.com/blog/tiktok-ad-sizes-specs-guide (150, 440 and 150 pixels of 1080 x 1920)"
_TIKTOK = Reserved(left=0.06, top=0.08, right=0.14, bottom=0.23)
_BOTH_AREAS = "none published: the larger of what Reels and TikTok draw over"
_BOTH = Reserved(left=0.06, top=0.14, right=0.14, bottom=0.35)
_ACTION_SAFE = "EBU R 95: nothing is drawn over it for long; the player's bar at the bottom"
_PLAYER = Reserved(left=0.05, top=0.05, right=0.05, bottom=0.1)

_META_LABEL = "Made with AI: switch on the AI label, which Meta demands for realistic video made or changed with AI."
_TIKTOK_LABEL = "Made with AI: switch on AI-generated content under more options."
_YOUTUBE_LABEL = "Made with AI: answer Yes to altered or synthetic content."
_OWN_LABEL = "Made with AI: say so in the text of the post; there is no switch for it."


def _row(platform: str, variant: str = STANDARD, **values: Any) -> PlatformSpecification:
    stated = {"max_duration_source": values["source"], "max_duration_checked": _CHECKED, "checked": _CHECKED}
    return PlatformSpecification(platform=platform, variant=variant, values=Requirements(**{**stated, **values}))


_TALL: dict[str, Any] = {"aspect_ratio": "9:16", "width": 1080, "height": 1920}
_PORTRAIT: dict[str, Any] = {"aspect_ratio": "4:5", "width": 1080, "height": 1350}
_INSTAGRAM: dict[str, Any] = {
    "frame_rate_min": 23.0,
    "frame_rate_max": 60.0,
    "max_bit_rate": 25_000_000,
    "video_bit_rate": 12_000_000,
    "min_duration_s": 3.0,
    "caption_length": 2200,
    "declarations": (_META_LABEL,),
}
_YOUTUBE: dict[str, Any] = {
    "max_size_mb": 262_144,
    "caption_length": 5000,
    "title_length": 100,
    "hashtags": 3,
    "audio_bit_rate": 192_000,
    "caption_files": ("srt", "vtt"),
    "declarations": (_YOUTUBE_LABEL,),
}

SPECIFICATIONS: tuple[PlatformSpecification, ...] = (
    _row(
        "instagram",
        name="Instagram Reels",
        **_TALL,
        **_INSTAGRAM,
        max_duration_s=900.0,
        max_duration_source="https://help.swat.io/en/articles/6553969-instagram-reels (Reels API: 15 minutes)",
        max_size_mb=300,
        hashtags=8,
        reserved=_META,
        reserved_source=_META_AREAS,
        source="https://help.swat.io/en/articles/11663331-instagram-reels-format-requirements",
    ),
    _row(
        "instagram",
        "feed",
        name="Instagram feed",
        **_PORTRAIT,
        **_INSTAGRAM,
        max_duration_s=60.0,
        max_size_mb=100,
        hashtags=8,
        reserved=Reserved(),
        reserved_source=_ACTION_SAFE,
        source="https://help.circleboom.com/publish/faq/video-and-reels-limitations-on-instagram",
    ),
    _row(
        "instagram",
        "story",
        name="Instagram story",
        **_TALL,
        **_INSTAGRAM,
        max_duration_s=60.0,
        max_size_mb=100,
        hashtags=3,
        reserved=_META,
        reserved_source=_META_AREAS,
        source="https://developers.facebook.com/docs/video-api/guides/reels-publishing/ (stories: 60 s)",
    ),
    _row(
        "tiktok",
        name="TikTok",
        **_TALL,
        # None is stated; with that of Reels both are one encoding.
        video_bit_rate=_INSTAGRAM["video_bit_rate"],
        frame_rate_min=23.0,
        frame_rate_max=60.0,
        max_duration_s=600.0,
        max_size_mb=500,
        caption_length=2200,
        hashtags=5,
        reserved=_TIKTOK,
        reserved_source=_TIKTOK_AREAS,
        declarations=(_TIKTOK_LABEL,),
        source="https://ayrshare.com/docs/media-guidelines/tiktok (Content Posting API: 600 s)",
    ),
    _row(
        "youtube",
        name="YouTube",
        aspect_ratio="16:9",
        width=1920,
        height=1080,
        **_YOUTUBE,
        # Every channel may upload so much; a verified one up to 12 hours.
        max_duration_s=900.0,
        max_duration_source="https://quso.ai/blog/youtube-video-length-limit (after YouTube's upload limits)",
        reserved=_PLAYER,
        reserved_source=_ACTION_SAFE,
        source="https://support.google.com/youtube/answer/1722171",
    ),
    _row(
        "youtube",
        "shorts",
        name="YouTube Shorts",
        **_TALL,
        **_YOUTUBE,
        max_duration_s=180.0,
        reserved=_BOTH,
        reserved_source=_BOTH_AREAS,
        source="https://support.google.com/youtube/answer/15424877",
    ),
    _row(
        "facebook",
        name="Facebook Reels",
        **_TALL,
        frame_rate_min=24.0,
        frame_rate_max=60.0,
        min_duration_s=3.0,
        max_duration_s=90.0,
        max_size_mb=1000,
        caption_length=2200,
        hashtags=3,
        reserved=_META,
        reserved_source=_META_AREAS,
        caption_files=("srt",),
        declarations=(_META_LABEL,),
        source="https://developers.facebook.com/docs/video-api/guides/reels-publishing/",
    ),
    _row(
        "x",
        name="X",
        aspect_ratio="1:1",
        width=1080,
        height=1080,
        frame_rate_max=40.0,
        max_bit_rate=25_000_000,
        video_bit_rate=12_000_000,
        min_duration_s=0.5,
        max_duration_s=140.0,
        max_size_mb=512,
        caption_length=280,
        hashtags=2,
        reserved=_PLAYER,
        reserved_source=_ACTION_SAFE,
        caption_files=("srt",),
        declarations=(_OWN_LABEL,),
        source="https://docs.getlate.dev/resources/media-guidelines/twitter",
    ),
    _row(
        "linkedin",
        name="LinkedIn",
        **_PORTRAIT,
        frame_rate_min=10.0,
        frame_rate_max=60.0,
        min_duration_s=3.0,
        max_duration_s=600.0,
        max_size_mb=5000,
        caption_length=3000,
        hashtags=3,
        reserved=_PLAYER,
        reserved_source=_ACTION_SAFE,
        caption_files=("srt",),
        declarations=(_OWN_LABEL,),
        source="https://changethisfile.com/blog/convert-videos-for-linkedin-posts (after LinkedIn)",
    ),
    _row(
        "whatsapp",
        name="WhatsApp status",
        **_TALL,
        # What fits a whole minute into the largest file.
        video_bit_rate=1_800_000,
        audio_bit_rate=96_000,
        max_duration_s=60.0,
        max_size_mb=16,
        caption_length=700,
        hashtags=0,
        reserved=_BOTH,
        reserved_source=_BOTH_AREAS,
        declarations=(_OWN_LABEL,),
        source="https://dev.to/_86503f9db86f1485a6f10/"
        "common-misconceptions-about-whatsapp-status-video-length-and-size-limit-1209",
    ),
    _row(
        "pinterest",
        name="Pinterest",
        aspect_ratio="2:3",
        width=1000,
        height=1500,
        frame_rate_min=25.0,
        min_duration_s=4.0,
        max_duration_s=900.0,
        max_size_mb=1000,
        caption_length=500,
        title_length=100,
        hashtags=4,
        reserved=_PLAYER,
        reserved_source=_ACTION_SAFE,
        declarations=(_OWN_LABEL,),
        source="https://www.ayrshare.com/docs/media-guidelines/pinterest.md",
    ),
)
