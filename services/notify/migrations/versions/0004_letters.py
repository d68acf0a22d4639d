"""Messages on more than one channel: whom they reach where, what was sent, what a user wants, and the local mail box.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    "ALTER TABLE recipients ADD COLUMN email text, ADD COLUMN timezone text NOT NULL DEFAULT 'UTC'",
    """
    ALTER TABLE notifications
        ADD COLUMN in_app boolean NOT NULL DEFAULT true,
        ADD COLUMN language text NOT NULL DEFAULT 'en',
        ADD COLUMN objects jsonb NOT NULL DEFAULT '{}'
    """,
    """
    CREATE TABLE deliveries (
        id uuid PRIMARY KEY,
        notification_id uuid NOT NULL REFERENCES notifications ON DELETE CASCADE,
        channel text NOT NULL,
        status text NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        error text,
        provider_id text,
        sealed_token text,
        sealed_address text,
        created_at timestamptz NOT NULL,
        ended_at timestamptz,
        UNIQUE (notification_id, channel)
    )
    """,
    """
    CREATE TABLE preferences (
        user_id uuid PRIMARY KEY,
        choices jsonb NOT NULL,
        quiet_from time,
        quiet_until time,
        updated_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE mailbox (
        id uuid PRIMARY KEY,
        recipient text NOT NULL,
        subject text NOT NULL,
        sealed_letter bytea NOT NULL,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX mailbox_recipient ON mailbox (recipient, created_at DESC)",
    "CREATE INDEX mailbox_age ON mailbox USING brin (created_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("mailbox", "preferences", "deliveries"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE notifications DROP COLUMN objects, DROP COLUMN language, DROP COLUMN in_app")
    op.execute("ALTER TABLE recipients DROP COLUMN timezone, DROP COLUMN email")
