"""Manifests that were ordered, and the runs of their rows.

Revision ID: 0023
"""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE batches (id uuid PRIMARY KEY, user_id uuid NOT NULL, product_line varchar(50) NOT NULL, "
        "name varchar(100) NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, "
        "UNIQUE (user_id, product_line, name))"
    )
    op.execute(
        "CREATE TABLE batch_rows (batch_id uuid NOT NULL REFERENCES batches ON DELETE CASCADE, "
        "ref varchar(100) NOT NULL, line integer NOT NULL, digest char(64) NOT NULL, run_id uuid NOT NULL, "
        "PRIMARY KEY (batch_id, ref))"
    )


def downgrade() -> None:
    op.execute("DROP TABLE batch_rows")
    op.execute("DROP TABLE batches")
