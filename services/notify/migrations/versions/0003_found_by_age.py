"""What is too old is found without reading all of it.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = ("client_events", "notifications")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"CREATE INDEX {table}_age ON {table} USING brin (created_at)")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP INDEX {table}_age")
