"""Files know where the faces of a photo are.

Revision ID: 0064
"""

from alembic import op

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    op.execute("ALTER TABLE files ADD COLUMN faces jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("ALTER TABLE files DROP COLUMN faces")
