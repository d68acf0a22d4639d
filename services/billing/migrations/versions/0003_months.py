"""What outlives a month and what does not: bought credits, and the period that a hold counts for.

Credits and holds of before are all of the plan; a hold's period is the calendar month it was made in. However a plan is
edited, it says when, so that copies of its entitlements can follow.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"

UP = (
    "ALTER TABLE credit_accounts ADD COLUMN bought bigint NOT NULL DEFAULT 0",
    """
    ALTER TABLE credit_accounts
    ADD CONSTRAINT bought_is_available CHECK (bought >= 0 AND bought <= settled - held)
    """,
    "ALTER TABLE holds ADD COLUMN bought bigint NOT NULL DEFAULT 0 CHECK (bought BETWEEN 0 AND credits)",
    "ALTER TABLE holds ADD COLUMN period_start timestamptz",
    "UPDATE holds SET period_start = date_trunc('month', created_at, 'UTC')",
    "ALTER TABLE holds ALTER COLUMN period_start SET NOT NULL",
    "CREATE INDEX hold_tombstones_age ON hold_tombstones (created_at)",
    "CREATE INDEX payment_events_age ON payment_events (received_at)",
    "CREATE INDEX credit_accounts_told ON credit_accounts (product_line, updated_at)",
    """
    CREATE FUNCTION note_edit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$
    """,
    "CREATE TRIGGER plans_edited BEFORE UPDATE ON plans FOR EACH ROW EXECUTE FUNCTION note_edit()",
)

DOWN = (
    "DROP TRIGGER plans_edited ON plans",
    "DROP FUNCTION note_edit",
    "DROP INDEX credit_accounts_told",
    "DROP INDEX payment_events_age",
    "DROP INDEX hold_tombstones_age",
    "ALTER TABLE holds DROP COLUMN period_start, DROP COLUMN bought",
    "ALTER TABLE credit_accounts DROP COLUMN bought",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
