"""The copy of a user's credits knows when they end and how many come then, so that a month that is over is not shown.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("ALTER TABLE entitlements ADD COLUMN period_ends_at timestamptz, ADD COLUMN credits_anew integer")


def downgrade() -> None:
    op.execute("ALTER TABLE entitlements DROP COLUMN credits_anew, DROP COLUMN period_ends_at")
