"""What a call has stored and nobody uses, until it is removed.

Revision ID: 0008
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE provider_calls ADD COLUMN discarded text")
    op.execute("CREATE INDEX provider_calls_discarded ON provider_calls (id) WHERE discarded IS NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE provider_calls DROP COLUMN discarded")
