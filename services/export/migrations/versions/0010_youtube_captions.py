"""Captions and covers of uploads to YouTube.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE youtube_uploads
            ADD COLUMN captions jsonb,
            ADD COLUMN thumbnail jsonb,
            ADD COLUMN captioned boolean NOT NULL DEFAULT false,
            ADD COLUMN pictured boolean NOT NULL DEFAULT false
        """
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE youtube_uploads DROP COLUMN captions, DROP COLUMN thumbnail, DROP COLUMN captioned, "
        "DROP COLUMN pictured"
    )
