"""How long a video each platform takes, and what was found wrong with a photo when it was uploaded.

Revision ID: 2005
"""

from alembic import op

revision = "2005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE platform_limits (platform varchar(50) PRIMARY KEY, display_name text NOT NULL, "
        "longest_s double precision, as_of timestamptz NOT NULL)"
    )
    op.execute("ALTER TABLE files ADD COLUMN findings jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("ALTER TABLE files DROP COLUMN findings")
    op.execute("DROP TABLE platform_limits")
