"""How many calls of a provider may be under way at a time, and how many are; of which a vendor has told the end.

Revision ID: 0012
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("ALTER TABLE providers ADD COLUMN calls_at_once integer CHECK (calls_at_once > 0)")
    op.execute("ALTER TABLE provider_calls ADD COLUMN rung_at timestamptz")
    op.execute(
        "CREATE INDEX provider_calls_under_way ON provider_calls (provider) "
        "WHERE paid AND state IN ('calling', 'accepted')"
    )


def downgrade() -> None:
    op.execute("DROP INDEX provider_calls_under_way")
    op.execute("ALTER TABLE provider_calls DROP COLUMN rung_at")
    op.execute("ALTER TABLE providers DROP COLUMN calls_at_once")
