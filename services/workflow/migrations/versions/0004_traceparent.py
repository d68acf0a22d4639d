"""A run knows the trace in which it was created, so that what its timers set off belongs to it.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE runs ADD COLUMN traceparent text")


def downgrade() -> None:
    op.execute("ALTER TABLE runs DROP COLUMN traceparent")
