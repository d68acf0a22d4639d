"""Every version of a plan is kept, with who made it; plans have trials and rates of their own.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"

UP = (
    """
    ALTER TABLE plans
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN trial_days integer NOT NULL DEFAULT 0 CHECK (trial_days BETWEEN 0 AND 730),
    ADD COLUMN rate_limits jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT plans_cost_nothing_negative CHECK (price_monthly >= 0 AND price_yearly > 0 AND run_budget >= 0),
    ADD CONSTRAINT plans_give_nothing_negative
        CHECK (credits_per_month >= 0 AND credits_per_minute > 0 AND max_video_seconds > 0)
    """,
    """
    CREATE TABLE plan_versions (
        product_line text NOT NULL,
        plan_type text NOT NULL,
        version integer NOT NULL,
        plan json NOT NULL,
        edited_by uuid NOT NULL,
        reason varchar(500) NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (product_line, plan_type, version),
        FOREIGN KEY (product_line, plan_type) REFERENCES plans (product_line, plan_type)
    )
    """,
    """
    CREATE TRIGGER plan_versions_are_append_only BEFORE UPDATE OR DELETE ON plan_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)

DOWN = (
    "DROP TABLE plan_versions",
    """
    ALTER TABLE plans
    DROP CONSTRAINT plans_give_nothing_negative, DROP CONSTRAINT plans_cost_nothing_negative,
    DROP COLUMN rate_limits, DROP COLUMN trial_days, DROP COLUMN version
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
