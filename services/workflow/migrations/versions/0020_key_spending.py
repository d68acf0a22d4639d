"""What is spent with each API key in a day.

Revision ID: 0020
"""

from alembic import op

revision = "0020"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE key_spending (key_id uuid NOT NULL, day date NOT NULL, credits integer NOT NULL, "
        "PRIMARY KEY (key_id, day))"
    )
    op.execute("CREATE INDEX key_spending_day ON key_spending (day)")


def downgrade() -> None:
    op.execute("DROP TABLE key_spending")
