"""What the catalogue says since specifications have sources, areas to keep free and declarations.

Rows that operators have edited keep what was edited; keys that were not there are added. New platforms come
with the starting data, which adds what is missing.

Revision ID: 0006
"""

import json

from alembic import op

revision = "0006"
down_revision = "0005"

CHECKED = "2026-11-29"
_REELS = "https://help.swat.io/en/articles/11663331-instagram-reels-format-requirements"
_META = "https://houseofmarketers.com/guide-to-safe-zones-tiktok-facebook-instagram-stories-reels/ (after Meta)"
_META_LABEL = "Made with AI: switch on the AI label, which Meta demands for realistic video made or changed with AI."
_YOUTUBE_LABEL = "Made with AI: answer Yes to altered or synthetic content."

ADDED = {
    ("instagram", "standard"): {
        "frame_rate_min": 23.0,
        "frame_rate_max": 60.0,
        "max_bit_rate": 25_000_000,
        "min_duration_s": 3.0,
        "reserved": {"left": 0.06, "top": 0.14, "right": 0.06, "bottom": 0.35},
        "reserved_source": _META,
        "declarations": [_META_LABEL],
        "source": _REELS,
    },
    ("tiktok", "standard"): {
        "frame_rate_min": 23.0,
        "frame_rate_max": 60.0,
        "reserved": {"left": 0.06, "top": 0.08, "right": 0.14, "bottom": 0.23},
        "reserved_source": "https://adfuseai.com/blog/tiktok-ad-sizes-specs-guide "
        "(150, 440 and 150 pixels of 1080 x 1920)",
        "declarations": ["Made with AI: switch on AI-generated content under more options."],
        "source": "https://ayrshare.com/docs/media-guidelines/tiktok (Content Posting API: 600 s)",
    },
    ("youtube", "standard"): {
        "reserved": {"left": 0.05, "top": 0.05, "right": 0.05, "bottom": 0.1},
        "reserved_source": "EBU R 95: nothing is drawn over it for long; the player's bar at the bottom",
        "caption_files": ["srt", "vtt"],
        "declarations": [_YOUTUBE_LABEL],
        "source": "https://support.google.com/youtube/answer/1722171",
    },
    ("youtube", "shorts"): {
        "reserved": {"left": 0.06, "top": 0.14, "right": 0.14, "bottom": 0.35},
        "reserved_source": "none published: the larger of what Reels and TikTok draw over",
        "caption_files": ["srt", "vtt"],
        "declarations": [_YOUTUBE_LABEL],
        "source": "https://support.google.com/youtube/answer/15424877",
    },
}
REPLACED = (
    (("instagram", "standard"), "max_size_mb", 4096, 300),
    (("instagram", "standard"), "video_bit_rate", None, 12_000_000),
    (("instagram", "standard"), "fit", "crop", "auto"),
    (("tiktok", "standard"), "video_bit_rate", None, 12_000_000),
    (("tiktok", "standard"), "fit", "crop", "auto"),
    (("youtube", "standard"), "fit", "pad", "auto"),
    (("youtube", "shorts"), "fit", "crop", "auto"),
)


def upgrade() -> None:
    for row, values in ADDED.items():
        document = _quoted({**values, "checked": CHECKED})
        _update(row, f"{document}::jsonb || key_values", "true")
    for row, key, was, now in REPLACED:
        _update(row, f"key_values || {_quoted({key: now})}::jsonb", f"key_values->'{key}' = {_quoted(was)}::jsonb")


def downgrade() -> None:
    for row, key, was, now in REPLACED:
        _update(row, f"key_values || {_quoted({key: was})}::jsonb", f"key_values->'{key}' = {_quoted(now)}::jsonb")
    for row, values in ADDED.items():
        keys = " - ".join(["key_values", *(f"'{key}'" for key in [*values, "checked"])])
        _update(row, keys, "true")


def _quoted(value: object) -> str:
    return "'" + json.dumps(value).replace("'", "''") + "'"


def _update(row: tuple[str, str], values: str, where: str) -> None:
    platform, variant = row
    op.execute(
        f"UPDATE platform_requirements SET key_values = {values}, updated_at = now() "  # noqa: S608
        f"WHERE platform = '{platform}' AND variant = '{variant}' AND {where}"
    )
