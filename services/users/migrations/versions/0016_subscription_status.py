"""The copy of what a user may do knows how the subscription stands, for the profile, and when that was said.

Revision ID: 0016
"""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE entitlements ADD COLUMN subscription_status text, ADD COLUMN subscription_told_at timestamptz"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE entitlements DROP COLUMN subscription_told_at, DROP COLUMN subscription_status")
