"""Accounts, consents, entitlement copies, sessions and their refresh tokens.

Revision ID: 0001
"""

from alembic import op

from chassis.data import tables

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE users (
        id uuid PRIMARY KEY,
        email varchar(255) NOT NULL UNIQUE CHECK (email = lower(email)),
        username varchar(100) NOT NULL UNIQUE,
        name varchar(255),
        password_hash bytea,
        avatar_url varchar(500),
        role varchar(20) NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
        is_active boolean NOT NULL DEFAULT true,
        email_verified boolean NOT NULL DEFAULT false,
        timezone varchar(50) NOT NULL DEFAULT 'UTC',
        language varchar(10) NOT NULL DEFAULT 'en',
        home_product_line varchar(40) NOT NULL,
        failed_login_count integer NOT NULL DEFAULT 0,
        failing_since timestamptz,
        locked_until timestamptz,
        last_login timestamptz,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX users_is_active ON users (is_active)",
    """
    CREATE TABLE consents (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        kind varchar(20) NOT NULL,
        policy_version varchar(20) NOT NULL,
        granted boolean NOT NULL,
        given_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX consents_user ON consents (user_id)",
    """
    CREATE TABLE entitlements (
        user_id uuid NOT NULL,
        product_line varchar(40) NOT NULL,
        plan varchar(40) NOT NULL,
        credits integer NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (user_id, product_line)
    )
    """,
    """
    CREATE TABLE user_sessions (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        ip_address varchar(64),
        user_agent varchar(400),
        last_used_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX user_sessions_user ON user_sessions (user_id, created_at DESC)",
    """
    CREATE TABLE refresh_tokens (
        id uuid PRIMARY KEY,
        session_id uuid NOT NULL REFERENCES user_sessions ON DELETE CASCADE,
        token_hash bytea NOT NULL UNIQUE,
        issued_at timestamptz NOT NULL,
        used_at timestamptz
    )
    """,
    "CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id)",
)


def upgrade() -> None:
    tables.create(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("refresh_tokens", "user_sessions", "entitlements", "consents", "users"):
        op.execute(f"DROP TABLE {table}")
    tables.drop(op)
