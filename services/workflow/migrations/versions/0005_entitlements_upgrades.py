"""A copy of an entitlement knows what pays beyond the plan's count, and the plans that have more of it.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE entitlements ADD COLUMN credits_bought bigint NOT NULL DEFAULT 0, "
        "ADD COLUMN upgrades jsonb NOT NULL DEFAULT '{}'"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE entitlements DROP COLUMN upgrades, DROP COLUMN credits_bought")
