"""Runs that are paid for. What could be had before may be had still.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("CREATE TABLE delivered_runs (run_id uuid PRIMARY KEY, delivered_at timestamptz NOT NULL)")
    op.execute("INSERT INTO delivered_runs SELECT workflow_id, created_at FROM export_kits")


def downgrade() -> None:
    op.execute("DROP TABLE delivered_runs")
