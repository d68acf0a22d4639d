"""Orders that were cancelled before they came; what is too old is found without reading all of it.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"

ORDERS = ("renditions", "kit_orders")


def upgrade() -> None:
    op.execute("CREATE TABLE cancelled_orders (id uuid PRIMARY KEY, cancelled_at timestamptz NOT NULL)")
    for table in ORDERS:
        op.execute(f"CREATE INDEX {table}_ended ON {table} (completed_at) WHERE status <> 'pending'")
    op.execute("CREATE INDEX export_history_age ON export_history USING brin (created_at)")


def downgrade() -> None:
    op.execute("DROP INDEX export_history_age")
    for table in ORDERS:
        op.execute(f"DROP INDEX {table}_ended")
    op.execute("DROP TABLE cancelled_orders")
