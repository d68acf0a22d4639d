"""What is available lies in grants, each with its own end; a hold knows which it was taken out of.

Credits of before are one grant of the plan's month and one of lasting credits, of accounts and of holds alike. What a
hold is of may also be a single AI job.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"

UP = (
    """
    CREATE FUNCTION credits_in(grants jsonb, lasting boolean DEFAULT false) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(sum((each->>'credits')::bigint), 0)::bigint FROM jsonb_array_elements(grants) AS each
        WHERE NOT lasting OR each->>'category' <> 'plan'
    $$
    """,
    """
    CREATE FUNCTION grants_before(
        owner text, plans_own bigint, lasting bigint, month timestamptz, since timestamptz
    ) RETURNS jsonb LANGUAGE sql AS $$
        SELECT coalesce(jsonb_agg(each), '[]') FROM (
            SELECT jsonb_build_object('id', md5(owner || month::text)::uuid, 'category', 'plan', 'credits', plans_own,
                                      'since', month, 'expires_at', NULL, 'priority', 50) AS each
            WHERE plans_own > 0
            UNION ALL
            SELECT jsonb_build_object('id', md5(owner)::uuid, 'category', 'bought', 'credits', lasting,
                                      'since', since, 'expires_at', NULL, 'priority', 50)
            WHERE lasting > 0
        ) AS made
    $$
    """,
    """
    ALTER TABLE credit_accounts
    ADD COLUMN grants jsonb NOT NULL DEFAULT '[]', ADD COLUMN lapses_at timestamptz
    """,
    """
    UPDATE credit_accounts SET grants = grants_before(
        user_id::text || product_line, settled - held - bought, bought, period_start, created_at
    )
    """,
    """
    ALTER TABLE credit_accounts
    ALTER COLUMN grants DROP DEFAULT,
    ADD CONSTRAINT grants_are_what_is_available CHECK (credits_in(grants) = settled - held),
    ADD CONSTRAINT lasting_grants_are_bought CHECK (credits_in(grants, true) = bought),
    ADD CONSTRAINT grants_are_not_empty CHECK (NOT jsonb_path_exists(grants, '$[*] ? (@.credits <= 0)'))
    """,
    "DROP INDEX credit_accounts_due",
    "CREATE INDEX credit_accounts_due ON credit_accounts (least(period_end, plan_until, lapses_at))",
    """
    ALTER TABLE holds
    ADD COLUMN parts jsonb NOT NULL DEFAULT '[]', ADD COLUMN capability text,
    ADD COLUMN refunded bigint NOT NULL DEFAULT 0, ADD CONSTRAINT refunded_was_captured
        CHECK (refunded BETWEEN 0 AND captured)
    """,
    """
    UPDATE holds SET parts = grants_before(
        user_id::text || product_line, credits - bought, bought, period_start, created_at
    )
    """,
    """
    ALTER TABLE holds
    ALTER COLUMN parts DROP DEFAULT,
    ADD CONSTRAINT parts_are_what_is_held CHECK (credits_in(parts) = credits AND credits_in(parts, true) = bought)
    """,
    "DROP FUNCTION grants_before",
)

DOWN = (
    "ALTER TABLE holds DROP COLUMN refunded, DROP COLUMN capability, DROP COLUMN parts",
    "DROP INDEX credit_accounts_due",
    "CREATE INDEX credit_accounts_due ON credit_accounts (least(period_end, plan_until))",
    "ALTER TABLE credit_accounts DROP COLUMN lapses_at, DROP COLUMN grants",
    "DROP FUNCTION credits_in",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
