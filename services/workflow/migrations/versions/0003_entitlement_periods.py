"""When the period of an entitlement ends, so that a copy of a month that is over refuses nobody.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE entitlements ADD COLUMN period_ends_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE entitlements DROP COLUMN period_ends_at")
