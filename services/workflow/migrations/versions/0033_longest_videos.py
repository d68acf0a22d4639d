"""How long a video may be by a user's plan, and which plans take longer ones.

Revision ID: 0033
"""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.execute("ALTER TABLE entitlements ADD COLUMN max_video_seconds integer CHECK (max_video_seconds > 0)")
    op.execute("ALTER TABLE entitlements ADD COLUMN longer_with text[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE entitlements DROP COLUMN longer_with")
    op.execute("ALTER TABLE entitlements DROP COLUMN max_video_seconds")
