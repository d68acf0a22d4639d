"""What is sold, what was paid for it, and the period and plan that an account has from that.

Accounts of before live by the calendar; what they were granted this period is what their plan grants.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"

UP = (
    """
    ALTER TABLE credit_accounts
    ADD COLUMN cycle_start timestamptz, ADD COLUMN plan_until timestamptz,
    ADD COLUMN granted bigint NOT NULL DEFAULT 0 CHECK (granted >= 0),
    ADD COLUMN warned jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT period_has_a_length CHECK (period_end > period_start)
    """,
    """
    UPDATE credit_accounts AS account SET granted = plan.credits_per_month FROM plans AS plan
    WHERE plan.product_line = account.product_line AND plan.plan_type = account.plan_type
    """,
    "CREATE INDEX credit_accounts_due ON credit_accounts (least(period_end, plan_until))",
    # A transfer moves credits and makes none: whatever wrote an unbalanced one wrote nothing.
    """
    CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM added GROUP BY transfer_id HAVING sum(credits) <> 0 OR count(*) <> 2) THEN
            RAISE EXCEPTION 'a transfer is two entries that sum to zero' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER ledger_is_balanced AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced()
    """,
    "CREATE UNIQUE INDEX ledger_entries_sold_once ON ledger_entries (account, reference) WHERE kind = 'purchase'",
    """
    CREATE TABLE plan_prices (
        id uuid PRIMARY KEY,
        product_line text NOT NULL,
        plan_type text NOT NULL,
        interval text NOT NULL CHECK (interval IN ('month', 'year')),
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        currency char(3) NOT NULL,
        processor text NOT NULL,
        processor_price_id varchar(255) UNIQUE,
        is_current boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL,
        FOREIGN KEY (product_line, plan_type) REFERENCES plans (product_line, plan_type)
    )
    """,
    """
    CREATE UNIQUE INDEX plan_prices_current ON plan_prices (product_line, plan_type, interval, processor)
    WHERE is_current
    """,
    """
    CREATE TABLE payment_customers (
        user_id uuid NOT NULL,
        processor text NOT NULL,
        customer_id varchar(255) NOT NULL UNIQUE,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (user_id, processor)
    )
    """,
    """
    CREATE TABLE purchases (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('plan', 'credits', 'plan_month')),
        plan_type text,
        price_id uuid REFERENCES plan_prices,
        credits bigint NOT NULL DEFAULT 0 CHECK (credits >= 0),
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        currency char(3) NOT NULL,
        trial_days integer NOT NULL DEFAULT 0,
        description varchar(500) NOT NULL,
        success_url text NOT NULL,
        cancel_url text NOT NULL,
        state text NOT NULL CHECK (state IN ('open', 'processing', 'completed', 'failed', 'expired')),
        processor text NOT NULL,
        checkout_id varchar(255) UNIQUE,
        checkout_url text,
        payment_id varchar(255) UNIQUE,
        gives_until timestamptz,
        taken_back bigint NOT NULL DEFAULT 0 CHECK (taken_back BETWEEN 0 AND credits),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CHECK ((kind = 'plan') = (price_id IS NOT NULL))
    )
    """,
    "CREATE INDEX purchases_user ON purchases (user_id, product_line, created_at)",
    """
    CREATE UNIQUE INDEX purchases_one_plan_at_a_time ON purchases (user_id, product_line)
    WHERE kind = 'plan' AND state IN ('open', 'processing')
    """,
    """
    CREATE TABLE payments (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        processor text NOT NULL,
        processor_payment_id varchar(255) UNIQUE,
        processor_invoice_id varchar(255) UNIQUE,
        purchase_id uuid UNIQUE REFERENCES purchases,
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        currency char(3) NOT NULL,
        payment_method varchar(50),
        status text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'refunded')),
        description varchar(500) NOT NULL,
        plan_type text,
        failure_reason text,
        attempts integer NOT NULL DEFAULT 0,
        refunded_minor bigint NOT NULL DEFAULT 0,
        billing_period_start timestamptz,
        billing_period_end timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CHECK (refunded_minor BETWEEN 0 AND amount_minor),
        CHECK ((processor_invoice_id IS NULL) <> (purchase_id IS NULL))
    )
    """,
    "CREATE INDEX payments_user ON payments (user_id, status)",
    # What was said of a payment before it was heard of: which invoice it is of, how much of it was given back.
    """
    CREATE TABLE payment_facts (
        processor_payment_id varchar(255) PRIMARY KEY,
        processor_invoice_id varchar(255) UNIQUE,
        refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
        updated_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE invoices (
        id uuid PRIMARY KEY,
        processor_invoice_id varchar(255) NOT NULL UNIQUE,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        number varchar(255),
        amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
        tax_minor bigint NOT NULL CHECK (tax_minor >= 0),
        currency char(3) NOT NULL,
        status text NOT NULL CHECK (status IN ('open', 'paid')),
        page_url text,
        pdf_url text,
        issued_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX invoices_user ON invoices (user_id, issued_at)",
    """
    CREATE TABLE payment_decisions (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        decided_by uuid NOT NULL,
        kind text NOT NULL,
        about json NOT NULL,
        outcome text,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE idempotency_keys (
        user_id uuid NOT NULL,
        key varchar(255) NOT NULL,
        body_sha256 char(64) NOT NULL,
        answer jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (user_id, key)
    )
    """,
    "CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at)",
    """
    ALTER TABLE payment_subscriptions
    ADD COLUMN ref uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    ADD COLUMN anchor timestamptz, ADD COLUMN trial_end timestamptz, ADD COLUMN schedule_id varchar(255),
    ADD COLUMN next_price_id varchar(255), ADD COLUMN told json
    """,
)

DOWN = (
    """
    ALTER TABLE payment_subscriptions
    DROP COLUMN ref, DROP COLUMN anchor, DROP COLUMN trial_end, DROP COLUMN schedule_id, DROP COLUMN next_price_id,
    DROP COLUMN told
    """,
    "DROP TABLE idempotency_keys",
    "DROP TABLE payment_decisions",
    "DROP TABLE invoices",
    "DROP TABLE payment_facts",
    "DROP TABLE payments",
    "DROP TABLE purchases",
    "DROP TABLE payment_customers",
    "DROP TABLE plan_prices",
    "DROP INDEX ledger_entries_sold_once",
    "DROP TRIGGER ledger_is_balanced ON ledger_entries",
    "DROP FUNCTION refuse_unbalanced",
    "DROP INDEX credit_accounts_due",
    """
    ALTER TABLE credit_accounts
    DROP CONSTRAINT period_has_a_length, DROP COLUMN warned, DROP COLUMN granted, DROP COLUMN plan_until,
    DROP COLUMN cycle_start
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
