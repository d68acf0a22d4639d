"""No index on what changes while a job goes on, so that how it ended is written where its row lies.

Nothing reads open jobs by their age: what is to be done is in ``work``.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("DROP INDEX ai_jobs_open")


def downgrade() -> None:
    op.execute("CREATE INDEX ai_jobs_open ON ai_jobs (status, created_at) WHERE status IN ('pending', 'processing')")
