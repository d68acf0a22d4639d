"""Customers' webhooks, and what their plans allow.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    """
    CREATE TABLE entitlements (
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        features jsonb NOT NULL,
        version integer NOT NULL,
        PRIMARY KEY (user_id, product_line)
    )
    """,
    """
    CREATE TABLE webhook_endpoints (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        url text NOT NULL,
        event_types text[] NOT NULL,
        active boolean NOT NULL,
        sealed_secret text NOT NULL,
        sealed_old_secret text,
        old_secret_until timestamptz,
        failures integer NOT NULL DEFAULT 0,
        disabled_at timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX webhook_endpoints_user ON webhook_endpoints (user_id, created_at DESC)",
    """
    CREATE TABLE webhook_deliveries (
        id uuid PRIMARY KEY,
        endpoint_id uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
        event_id uuid NOT NULL,
        lane uuid NOT NULL,
        sequence integer NOT NULL,
        type text NOT NULL,
        body text NOT NULL,
        status text NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        response_status integer,
        error text,
        created_at timestamptz NOT NULL,
        ended_at timestamptz
    )
    """,
    "CREATE INDEX webhook_deliveries_lane ON webhook_deliveries (endpoint_id, lane, sequence)",
    "CREATE INDEX webhook_deliveries_log ON webhook_deliveries (endpoint_id, created_at DESC)",
    "CREATE INDEX webhook_deliveries_age ON webhook_deliveries USING brin (created_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("webhook_deliveries", "webhook_endpoints", "entitlements"):
        op.execute(f"DROP TABLE {table}")
