"""Jobs that people order by themselves: what is held for them, what was told of them, and answers to repeated orders.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """
    ALTER TABLE ai_jobs
        ADD COLUMN hold text CHECK (hold IN ('asked', 'held', 'capturing', 'captured', 'released', 'refused')),
        ADD COLUMN credits integer NOT NULL DEFAULT 0 CHECK (credits >= 0),
        ADD COLUMN told integer NOT NULL DEFAULT 0,
        ADD COLUMN speaks_for uuid
    """,
    "CREATE INDEX ai_jobs_unsettled ON ai_jobs (updated_at) WHERE hold IN ('asked', 'capturing')",
    """
    CREATE TABLE idempotency_keys (
        user_id uuid NOT NULL,
        key varchar(255) NOT NULL,
        body_sha256 char(64) NOT NULL,
        answer jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (user_id, key)
    )
    """,
    "CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at)",
    """
    CREATE TABLE key_spending (
        key_id uuid NOT NULL,
        day date NOT NULL,
        credits integer NOT NULL CHECK (credits >= 0),
        PRIMARY KEY (key_id, day)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE key_spending")
    op.execute("DROP TABLE idempotency_keys")
    op.execute("DROP INDEX ai_jobs_unsettled")
    op.execute("ALTER TABLE ai_jobs DROP COLUMN hold, DROP COLUMN credits, DROP COLUMN told, DROP COLUMN speaks_for")
