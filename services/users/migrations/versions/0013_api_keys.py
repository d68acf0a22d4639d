"""API keys, and which features a plan has and which plans have a feature, as billing says.

Revision ID: 0013
"""

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    """
    CREATE TABLE api_keys (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        product_line varchar(40) NOT NULL,
        name varchar(100) NOT NULL,
        prefix varchar(12) NOT NULL,
        key_hash bytea NOT NULL UNIQUE,
        scopes varchar(40)[] NOT NULL,
        allowed_addresses varchar(50)[] NOT NULL,
        daily_credits integer,
        expires_at timestamptz,
        last_used_at timestamptz,
        revoked_at timestamptz,
        replaced_by uuid,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX api_keys_user ON api_keys (user_id)",
    "CREATE INDEX api_keys_ended ON api_keys (least(revoked_at, expires_at))",
    """
    ALTER TABLE entitlements ADD COLUMN features jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN plans_with jsonb NOT NULL DEFAULT '{}'
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE entitlements DROP COLUMN plans_with, DROP COLUMN features")
    op.execute("DROP TABLE api_keys")
