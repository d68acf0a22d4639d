"""The copy of what a user may do knows the limits of the period and what is used of them, for the profile.

Nobody searches them, so they are ``json``.

Revision ID: 0012
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE entitlements ADD COLUMN limits json NOT NULL DEFAULT '{}', "
        "ADD COLUMN used json NOT NULL DEFAULT '{}'"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE entitlements DROP COLUMN used, DROP COLUMN limits")
