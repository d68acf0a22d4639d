"""One log a user, numbered: what happened to all of their runs, in the order in which it was heard.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    "CREATE TABLE user_logs (user_id uuid PRIMARY KEY, newest bigint NOT NULL) WITH (fillfactor = 50)",
    # Whoever takes a number holds the row until the commit, so no reader sees a higher one before it.
    """
    CREATE FUNCTION next_of_user(of_user uuid) RETURNS bigint LANGUAGE sql VOLATILE AS $$
        INSERT INTO user_logs VALUES (of_user, 1)
        ON CONFLICT (user_id) DO UPDATE SET newest = user_logs.newest + 1 RETURNING newest
    $$
    """,
    "ALTER TABLE client_events ADD COLUMN user_sequence bigint",
    "DROP INDEX client_events_user",
    "CREATE INDEX client_events_user ON client_events (user_id, user_sequence)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX client_events_user")
    op.execute("CREATE INDEX client_events_user ON client_events (user_id, created_at)")
    op.execute("ALTER TABLE client_events DROP COLUMN user_sequence")
    op.execute("DROP FUNCTION next_of_user")
    op.execute("DROP TABLE user_logs")
