"""What an order was said to cost before it began, and which hold came of it.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"

UP = (
    """
    CREATE TABLE quotes (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        kind text NOT NULL,
        minimum bigint NOT NULL CHECK (minimum >= 0),
        expected bigint NOT NULL CHECK (expected >= minimum),
        maximum bigint NOT NULL CHECK (maximum >= expected),
        answer json NOT NULL,
        valid_until timestamptz NOT NULL,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX quotes_age ON quotes (created_at)",
    "ALTER TABLE holds ADD COLUMN quote_id uuid",
    "CREATE INDEX cost_records_capability ON cost_records (capability, created_at DESC)",
)

DOWN = (
    "DROP INDEX cost_records_capability",
    "ALTER TABLE holds DROP COLUMN quote_id",
    "DROP TABLE quotes",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
