"""Plans, accounts, holds, ledger entries, cost records.

Revision ID: 0001
"""

from alembic import op

from chassis.data import tables

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE plans (
        id uuid PRIMARY KEY,
        product_line text NOT NULL,
        plan_type text NOT NULL,
        name varchar(100) NOT NULL,
        description text NOT NULL,
        price_monthly numeric(12, 2) NOT NULL,
        price_yearly numeric(12, 2),
        currency char(3) NOT NULL,
        credits_per_month integer NOT NULL,
        credits_per_minute integer,
        max_video_seconds integer,
        quotas jsonb NOT NULL,
        features jsonb NOT NULL,
        run_budget numeric(12, 4) NOT NULL,
        priority text NOT NULL,
        is_active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (product_line, plan_type)
    )
    """,
    """
    CREATE TABLE credit_accounts (
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        plan_type text NOT NULL,
        settled bigint NOT NULL CHECK (settled >= 0),
        held bigint NOT NULL CHECK (held >= 0),
        used jsonb NOT NULL DEFAULT '{}',
        period_start timestamptz NOT NULL,
        period_end timestamptz NOT NULL,
        version bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (user_id, product_line),
        CONSTRAINT available_not_negative CHECK (settled >= held)
    )
    """,
    """
    CREATE TABLE holds (
        id uuid PRIMARY KEY,
        run_id uuid NOT NULL,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        credits bigint NOT NULL CHECK (credits >= 0),
        captured bigint NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND credits),
        state text NOT NULL CHECK (state IN ('held', 'captured', 'released', 'expired')),
        meter text,
        units integer NOT NULL DEFAULT 0,
        estimated_cost numeric(12, 4) NOT NULL DEFAULT 0,
        actual_cost numeric(12, 4),
        expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        FOREIGN KEY (user_id, product_line) REFERENCES credit_accounts
    )
    """,
    "CREATE INDEX holds_account ON holds (user_id, product_line)",
    "CREATE INDEX holds_run ON holds (run_id)",
    "CREATE INDEX holds_open ON holds (expires_at) WHERE state = 'held'",
    # A release that overtook its reserve: the reserve, when it comes, must hold nothing.
    "CREATE TABLE hold_tombstones (id uuid PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now())",
    """
    CREATE TABLE ledger_entries (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        transfer_id uuid NOT NULL,
        account text NOT NULL,
        credits bigint NOT NULL,
        kind text NOT NULL,
        description varchar(500) NOT NULL,
        reference uuid,
        created_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ledger_entries_account ON ledger_entries (account, id DESC)",
    "CREATE INDEX ledger_entries_transfer ON ledger_entries (transfer_id)",
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
    """,
    """
    CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TABLE cost_records (
        attempt_id uuid PRIMARY KEY,
        job_id uuid NOT NULL,
        run_id uuid,
        user_id uuid NOT NULL,
        provider text NOT NULL,
        capability text NOT NULL,
        units numeric(14, 4) NOT NULL,
        unit_cost numeric(12, 4) NOT NULL,
        cost numeric(12, 4) NOT NULL,
        currency char(3) NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX cost_records_run ON cost_records (run_id)",
    "CREATE INDEX cost_records_user ON cost_records (user_id, created_at)",
)


def upgrade() -> None:
    tables.create(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("cost_records", "ledger_entries", "hold_tombstones", "holds", "credit_accounts", "plans"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION refuse_change")
    tables.drop(op)
