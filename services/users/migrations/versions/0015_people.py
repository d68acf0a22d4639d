"""Who wants to be forgotten or to have their data, and which services have answered.

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
    op.execute(
        """
        CREATE TABLE data_exports (
            id uuid PRIMARY KEY,
            user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
            product_line varchar(40) NOT NULL,
            requested_at timestamptz NOT NULL,
            asked_at timestamptz NOT NULL,
            ready_at timestamptz,
            expires_at timestamptz,
            archive jsonb
        )
        """
    )
    op.execute("CREATE INDEX data_exports_user ON data_exports (user_id)")
    op.execute("CREATE INDEX data_exports_open ON data_exports (asked_at) WHERE ready_at IS NULL")
    op.execute("CREATE INDEX data_exports_expiry ON data_exports (expires_at)")
    op.execute(
        """
        CREATE TABLE data_export_parts (
            export_id uuid NOT NULL REFERENCES data_exports ON DELETE CASCADE,
            service varchar(40) NOT NULL,
            part jsonb NOT NULL,
            PRIMARY KEY (export_id, service)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE data_export_parts")
    op.execute("DROP TABLE data_exports")
    op.execute("DROP TABLE erasure_receipts")
    op.execute("DROP TABLE erasures")
