"""How long a run took, as its machine measured it: a clock may be set while it runs.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE runs ADD COLUMN began text, ADD COLUMN seconds double precision")


def downgrade() -> None:
    op.execute("ALTER TABLE runs DROP COLUMN seconds, DROP COLUMN began")
