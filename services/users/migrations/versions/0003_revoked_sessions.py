"""Sessions that have ended are asked for every half minute, by when they did.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("CREATE INDEX user_sessions_revoked ON user_sessions (revoked_at) WHERE revoked_at IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX user_sessions_revoked")
