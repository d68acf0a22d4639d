"""One-time tokens of letters, and how many letters were asked for.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """
    CREATE TABLE one_time_tokens (
        token_hash bytea PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        purpose varchar(20) NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'change_email')),
        email varchar(255) NOT NULL CHECK (email = lower(email)),
        session_id uuid,
        issued_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz
    )
    """,
    "CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id, purpose)",
    "CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at)",
    """
    CREATE TABLE letters_asked (
        who uuid NOT NULL,
        purpose varchar(20) NOT NULL,
        asked_at timestamptz[] NOT NULL,
        last_asked_at timestamptz NOT NULL,
        PRIMARY KEY (who, purpose)
    )
    """,
    "CREATE INDEX letters_asked_last ON letters_asked (last_asked_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE letters_asked")
    op.execute("DROP TABLE one_time_tokens")
