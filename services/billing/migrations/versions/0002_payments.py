"""What the payment processor reported, and the subscriptions it keeps.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    CREATE TABLE payment_events (
        id varchar(255) PRIMARY KEY,
        processor text NOT NULL DEFAULT 'stripe',
        type text NOT NULL,
        created timestamptz NOT NULL,
        object_id text,
        livemode boolean NOT NULL,
        api_version text,
        body text NOT NULL,
        sha256 char(64) NOT NULL,
        received_at timestamptz NOT NULL,
        processed_at timestamptz,
        result text
    )
    """,
    "CREATE INDEX payment_events_object ON payment_events (object_id, created)",
    "CREATE INDEX payment_events_unreadable ON payment_events (received_at) WHERE result = 'unreadable'",
    """
    CREATE TABLE payment_subscriptions (
        id varchar(255) PRIMARY KEY,
        processor text NOT NULL DEFAULT 'stripe',
        customer_id text,
        user_id uuid,
        product_line text,
        -- Null while it was only heard of.
        status text,
        item_id text,
        price_id text,
        interval text,
        period_start timestamptz,
        period_end timestamptz,
        cancel_at_period_end boolean NOT NULL DEFAULT false,
        cancel_at timestamptz,
        ended_at timestamptz,
        change_pending boolean NOT NULL DEFAULT false,
        rank smallint NOT NULL DEFAULT -1,
        since timestamptz,
        until timestamptz,
        event_id text,
        doubtful boolean NOT NULL DEFAULT false,
        version bigint NOT NULL DEFAULT 0,
        read_after timestamptz NOT NULL,
        failures integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX payment_subscriptions_user ON payment_subscriptions (user_id, product_line)",
    "CREATE INDEX payment_subscriptions_doubtful ON payment_subscriptions (read_after) WHERE doubtful",
    "CREATE INDEX payment_subscriptions_live ON payment_subscriptions (period_end) "
    "WHERE status IN ('trialing', 'active', 'past_due')",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("payment_subscriptions", "payment_events"):
        op.execute(f"DROP TABLE {table}")
