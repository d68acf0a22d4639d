"""A refresh token that is used twice at once has one successor; what is swept by age is found by it.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"

INDEXES = (
    ("user_sessions", "expires_at"),
    ("refresh_tokens", "issued_at"),
    ("login_guards", "failing_since"),
    ("unknown_logins", "failing_since"),
)


def upgrade() -> None:
    op.execute("ALTER TABLE refresh_tokens ADD COLUMN successor_salt bytea")
    for table, column in INDEXES:
        op.execute(f"CREATE INDEX {table}_{column} ON {table} ({column})")


def downgrade() -> None:
    for table, column in INDEXES:
        op.execute(f"DROP INDEX {table}_{column}")
    op.execute("ALTER TABLE refresh_tokens DROP COLUMN successor_salt")
