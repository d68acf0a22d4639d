"""Second factors, their recovery codes, and logins that wait for one.

Revision ID: 0011
"""

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    """
    CREATE TABLE second_factors (
        user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
        sealed_secret bytea NOT NULL,
        begun_at timestamptz NOT NULL,
        enabled_at timestamptz,
        last_step bigint
    )
    """,
    """
    CREATE TABLE recovery_codes (
        user_id uuid NOT NULL REFERENCES second_factors ON DELETE CASCADE,
        code_hash bytea NOT NULL,
        used_at timestamptz,
        PRIMARY KEY (user_id, code_hash)
    )
    """,
    """
    CREATE TABLE login_challenges (
        ticket_hash bytea PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        product_line varchar(40) NOT NULL,
        failures integer NOT NULL DEFAULT 0,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX login_challenges_user ON login_challenges (user_id)",
    "CREATE INDEX login_challenges_expiry ON login_challenges (expires_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("login_challenges", "recovery_codes", "second_factors"):
        op.execute(f"DROP TABLE {table}")
