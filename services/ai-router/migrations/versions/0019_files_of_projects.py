"""Jobs whose files have become a project's, and stay when the job goes.

Revision ID: 0019
"""

from alembic import op

revision = "0019"
down_revision = "0012"


def upgrade() -> None:
    op.execute("ALTER TABLE ai_jobs ADD COLUMN files_kept boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE ai_jobs DROP COLUMN files_kept")
