"""Jobs that came to nothing are looked after once: what their attempts have stored goes, known of or not.

Revision ID: 0021
"""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute("ALTER TABLE ai_jobs ADD COLUMN cleared_at timestamptz")
    op.execute(
        "CREATE INDEX ai_jobs_uncleared ON ai_jobs (completed_at) "
        "WHERE cleared_at IS NULL AND status IN ('failed', 'cancelled')"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ai_jobs_uncleared")
    op.execute("ALTER TABLE ai_jobs DROP COLUMN cleared_at")
