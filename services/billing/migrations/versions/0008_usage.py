"""What was used of each meter in periods that are over (BIL-27).

A trigger writes it, because whatever begins a new period ends an old one, and none may be lost.

Revision ID: 0008
"""

from alembic import op

revision = "0008"
down_revision = "0007"

UP = (
    """
    CREATE TABLE usage_counters (
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        meter text NOT NULL,
        period_start timestamptz NOT NULL,
        period_end timestamptz NOT NULL,
        plan_type text NOT NULL,
        used integer NOT NULL,
        "limit" integer NOT NULL,
        PRIMARY KEY (user_id, product_line, meter, period_start),
        FOREIGN KEY (user_id, product_line) REFERENCES credit_accounts
    )
    """,
    """
    CREATE FUNCTION keep_usage() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO usage_counters
            (user_id, product_line, meter, period_start, period_end, plan_type, used, "limit")
        SELECT OLD.user_id, OLD.product_line, counted.key, OLD.period_start, least(OLD.period_end, NEW.period_start),
               OLD.plan_type, counted.value::int, coalesce((plan.quotas->>counted.key)::int, 0)
        FROM jsonb_each_text(OLD.used) AS counted
        LEFT JOIN plans AS plan ON plan.product_line = OLD.product_line AND plan.plan_type = OLD.plan_type
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER credit_accounts_keep_usage AFTER UPDATE ON credit_accounts
    FOR EACH ROW WHEN (OLD.period_start IS DISTINCT FROM NEW.period_start) EXECUTE FUNCTION keep_usage()
    """,
    "CREATE INDEX holds_spent ON holds (user_id, product_line, updated_at DESC) WHERE state = 'captured'",
)

DOWN = (
    "DROP INDEX holds_spent",
    "DROP TRIGGER credit_accounts_keep_usage ON credit_accounts",
    "DROP FUNCTION keep_usage",
    "DROP TABLE usage_counters",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
