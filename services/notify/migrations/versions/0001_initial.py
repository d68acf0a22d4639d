"""The client event log, in-app messages, and what is known of users.

Revision ID: 0001
"""

from alembic import op

from chassis.data import tables

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE client_events (
        run_id uuid NOT NULL,
        sequence integer NOT NULL,
        user_id uuid NOT NULL,
        state text NOT NULL,
        update jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (run_id, sequence)
    )
    """,
    "CREATE INDEX client_events_user ON client_events (user_id, created_at)",
    """
    CREATE TABLE notifications (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        kind text NOT NULL,
        title varchar(255) NOT NULL,
        body text NOT NULL,
        data jsonb NOT NULL,
        read_at timestamptz,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX notifications_user ON notifications (user_id, created_at DESC)",
    "CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL",
    """
    CREATE TABLE recipients (
        user_id uuid PRIMARY KEY,
        name text,
        language text NOT NULL,
        version integer NOT NULL
    )
    """,
)


def upgrade() -> None:
    tables.create(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("recipients", "notifications", "client_events"):
        op.execute(f"DROP TABLE {table}")
    tables.drop(op)
