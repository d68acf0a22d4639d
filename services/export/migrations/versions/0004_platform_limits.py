"""The longest video of each platform with its source, where an assumed minute stood; and what was told of it.

Revision ID: 0004
"""

import json

from alembic import op

revision = "0004"
down_revision = "0003"

CHECKED = "2026-11-29"
LIMITS = (
    (
        ("instagram", "standard"),
        (60.0, 900.0),
        "https://help.swat.io/en/articles/6553969-instagram-reels (Reels API: 15 minutes)",
    ),
    (
        ("tiktok", "standard"),
        (60.0, 600.0),
        "https://ayrshare.com/docs/media-guidelines/tiktok (Content Posting API: 600 s)",
    ),
    (
        ("youtube", "standard"),
        (None, 900.0),
        "https://quso.ai/blog/youtube-video-length-limit (after YouTube's upload limits)",
    ),
    (("youtube", "shorts"), (60.0, 180.0), "https://support.google.com/youtube/answer/15424877"),
)


def upgrade() -> None:
    op.execute("ALTER TABLE platform_requirements ADD COLUMN told jsonb")
    for row, (assumed, stated), source in LIMITS:
        values = {"max_duration_s": stated, "max_duration_source": source, "max_duration_checked": CHECKED}
        _set(row, values, where=f"key_values->'max_duration_s' = '{json.dumps(assumed)}'")


def downgrade() -> None:
    for row, (assumed, _), _source in LIMITS:
        _set(row, {"max_duration_s": assumed}, where=f"key_values->>'max_duration_checked' = '{CHECKED}'")
    op.execute(
        "UPDATE platform_requirements SET key_values = key_values - 'max_duration_source' - 'max_duration_checked'"
    )
    op.execute("ALTER TABLE platform_requirements DROP COLUMN told")


def _set(row: tuple[str, str], values: dict[str, object], *, where: str) -> None:
    platform, variant = row
    document = json.dumps(values).replace("'", "''")
    op.execute(
        f"UPDATE platform_requirements SET key_values = key_values || '{document}'::jsonb, updated_at = now() "  # noqa: S608
        f"WHERE platform = '{platform}' AND variant = '{variant}' AND {where}"
    )
