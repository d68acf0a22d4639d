"""Who wants to be forgotten, and which services have answered.

Revision ID: 0015
"""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE erasures (
            user_id uuid PRIMARY KEY,
            product_line varchar(40) NOT NULL,
            language varchar(10) NOT NULL,
            sealed_email bytea,
            ticket_hash bytea NOT NULL UNIQUE,
            ask integer NOT NULL DEFAULT 1,
            counts_from integer,
            requested_at timestamptz NOT NULL,
            asked_at timestamptz NOT NULL,
            completed_at timestamptz
        )
        """
    )
    op.execute("CREATE INDEX erasures_open ON erasures (asked_at) WHERE completed_at IS NULL")
    op.execute("CREATE INDEX erasures_completed ON erasures (completed_at)")
    op.execute(
        """
        CREATE TABLE erasure_receipts (
            user_id uuid NOT NULL REFERENCES erasures ON DELETE CASCADE,
            service varchar(40) NOT NULL,
            ask integer NOT NULL,
            answered_at timestamptz NOT NULL,
            PRIMARY KEY (user_id, service)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE erasure_receipts")
    op.execute("DROP TABLE erasures")
