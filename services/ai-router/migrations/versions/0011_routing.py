"""Policies by product line, breakers that all processes share, the daily guard's news, and least prices.

Revision ID: 0011
"""

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    """
    ALTER TABLE routing_policies
        ADD COLUMN product_line text NOT NULL DEFAULT '',
        ADD COLUMN chain text[],
        DROP CONSTRAINT routing_policies_pkey,
        ADD PRIMARY KEY (product_line, capability)
    """,
    "DROP TABLE provider_breakers",
    """
    CREATE TABLE breakers (
        provider varchar(50) NOT NULL,
        capability text NOT NULL,
        model varchar(100) NOT NULL,
        opened_until timestamptz NOT NULL,
        probe_until timestamptz,
        probe_by uuid,
        why text,
        held_by uuid,
        reset_at timestamptz,
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (provider, capability, model)
    )
    """,
    """
    CREATE TABLE daily_guard (
        day date PRIMARY KEY,
        warned boolean NOT NULL DEFAULT false,
        stopped boolean NOT NULL DEFAULT false,
        lifted_to numeric(12, 4),
        lifted_by uuid,
        reason text
    )
    """,
    """
    CREATE TABLE capability_prices (
        capability text PRIMARY KEY,
        least_cost numeric(12, 4) NOT NULL,
        unit text NOT NULL,
        per_unit numeric(12, 4) NOT NULL,
        cheapest_model text NOT NULL,
        version integer NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("capability_prices", "daily_guard", "breakers"):
        op.execute(f"DROP TABLE {table}")
    op.execute(
        "CREATE TABLE provider_breakers (holder uuid NOT NULL, provider varchar(50) NOT NULL, "
        "capability text NOT NULL, state text NOT NULL CHECK (state IN ('open', 'half_open')), "
        "told_at timestamptz NOT NULL, "
        "PRIMARY KEY (holder, provider, capability))"
    )
    op.execute("DELETE FROM routing_policies WHERE product_line <> ''")
    op.execute(
        "ALTER TABLE routing_policies DROP CONSTRAINT routing_policies_pkey, DROP COLUMN product_line, "
        "DROP COLUMN chain, ADD PRIMARY KEY (capability)"
    )
