"""A page of somebody's runs is found in an index alone, however far it is.

Revision ID: 0065
"""

from alembic import op

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    op.execute("CREATE INDEX runs_page ON runs (user_id, created_at DESC, id DESC)")
    op.execute("DROP INDEX runs_user")


def downgrade() -> None:
    op.execute("CREATE INDEX runs_user ON runs (user_id, created_at DESC)")
    op.execute("DROP INDEX runs_page")
