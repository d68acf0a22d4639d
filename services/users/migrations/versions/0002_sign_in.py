"""Sign-in with Google and Apple; where consent was given; failed logins by account and address.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    CREATE TABLE oauth_identities (
        id uuid PRIMARY KEY,
        provider varchar(20) NOT NULL,
        subject varchar(255) NOT NULL,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        email varchar(255),
        created_at timestamptz NOT NULL,
        UNIQUE (provider, subject)
    )
    """,
    "CREATE INDEX oauth_identities_user ON oauth_identities (user_id)",
    """
    CREATE TABLE sign_ins (
        state_hash bytea PRIMARY KEY,
        browser_hash bytea NOT NULL,
        provider varchar(20) NOT NULL,
        verifier varchar(128) NOT NULL,
        nonce varchar(64) NOT NULL,
        product_line varchar(40) NOT NULL,
        consents jsonb NOT NULL,
        return_to varchar(500),
        challenge varchar(64),
        expires_at timestamptz NOT NULL,
        CHECK ((return_to IS NULL) = (challenge IS NULL))
    )
    """,
    "CREATE INDEX sign_ins_expiry ON sign_ins (expires_at)",
    """
    CREATE TABLE sign_in_tickets (
        ticket_hash bytea PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        product_line varchar(40) NOT NULL,
        challenge varchar(64) NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX sign_in_tickets_expiry ON sign_in_tickets (expires_at)",
    "ALTER TABLE consents ADD COLUMN ip_hash bytea",
    """
    CREATE TABLE login_guards (
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        address bytea NOT NULL,
        failed_login_count integer NOT NULL DEFAULT 0,
        failing_since timestamptz,
        locked_until timestamptz,
        spent_until timestamptz,
        PRIMARY KEY (user_id, address)
    )
    """,
    """
    CREATE TABLE login_addresses (
        address bytea PRIMARY KEY,
        failed_login_count integer NOT NULL DEFAULT 0,
        failing_since timestamptz,
        locked_until timestamptz
    )
    """,
    "CREATE INDEX login_addresses_since ON login_addresses (failing_since)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE consents DROP COLUMN ip_hash")
    for table in ("login_addresses", "login_guards", "sign_in_tickets", "sign_ins", "oauth_identities"):
        op.execute(f"DROP TABLE {table}")
