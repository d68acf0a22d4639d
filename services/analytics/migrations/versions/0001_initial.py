"""The log of facts, and what is added up of it.

Revision ID: 0001
"""

from alembic import op

from chassis.data import tables

revision = "0001"
down_revision = None

STATEMENTS = (
    # By month (ANL-10). ``xid``: who wrote it, by which whoever adds up tells what is complete.
    """
    CREATE TABLE facts (
        id uuid NOT NULL,
        type text NOT NULL,
        at timestamptz NOT NULL,
        person varchar(16),
        product_line text,
        body jsonb NOT NULL,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        PRIMARY KEY (at, id)
    ) PARTITION BY RANGE (at)
    """,
    "CREATE INDEX facts_xid ON facts (xid)",
    "CREATE INDEX facts_person ON facts (person)",
    # What comes for a month that nobody has made a partition for.
    "CREATE TABLE facts_other PARTITION OF facts DEFAULT",
    """
    CREATE TABLE folded (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        upto xid8 NOT NULL DEFAULT '0',
        log_begins date
    )
    """,
    """
    CREATE TABLE days (
        day date NOT NULL,
        product_line text NOT NULL,
        measure text NOT NULL,
        key text NOT NULL,
        number bigint NOT NULL,
        amount numeric(20, 4) NOT NULL,
        PRIMARY KEY (day, measure, product_line, key)
    ) WITH (fillfactor = 70)
    """,
    """
    CREATE TABLE people (
        person varchar(16) PRIMARY KEY,
        product_line text,
        registered_at timestamptz,
        verified_at timestamptz,
        uploaded_at timestamptz,
        ordered_at timestamptz,
        completed_at timestamptz,
        paid_at timestamptz,
        seen_at timestamptz
    ) WITH (fillfactor = 70)
    """,
    "CREATE INDEX people_registered ON people (registered_at)",
    """
    CREATE TABLE tiers (
        person varchar(16) NOT NULL,
        product_line text NOT NULL,
        plan text NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (person, product_line)
    ) WITH (fillfactor = 70)
    """,
    """
    CREATE TABLE active_days (
        day date NOT NULL,
        product_line text NOT NULL,
        person varchar(16) NOT NULL,
        PRIMARY KEY (day, product_line, person)
    )
    """,
    "CREATE INDEX active_days_person ON active_days (person)",
    """
    CREATE TABLE runs (
        run_id uuid PRIMARY KEY,
        person varchar(16),
        product_line text,
        workflow_type text,
        status text NOT NULL,
        told bigint NOT NULL,
        created_at timestamptz,
        ended_at timestamptz,
        seconds double precision,
        cost numeric(12, 4)
    ) WITH (fillfactor = 70)
    """,
    "CREATE INDEX runs_created ON runs (created_at DESC)",
    "CREATE INDEX runs_person ON runs (person)",
    """
    CREATE TABLE payments (
        payment_id uuid PRIMARY KEY,
        person varchar(16),
        product_line text,
        plan text,
        currency text NOT NULL,
        amount bigint NOT NULL DEFAULT 0,
        refunded bigint NOT NULL DEFAULT 0,
        paid_at timestamptz
    )
    """,
    "CREATE INDEX payments_paid ON payments (paid_at)",
    "CREATE INDEX payments_person ON payments (person)",
    """
    CREATE TABLE subscriptions (
        subscription_id uuid PRIMARY KEY,
        person varchar(16),
        product_line text,
        plan text NOT NULL,
        interval text NOT NULL,
        status text NOT NULL,
        told_at timestamptz NOT NULL,
        told uuid NOT NULL
    )
    """,
    "CREATE INDEX subscriptions_person ON subscriptions (person)",
)


def upgrade() -> None:
    tables.create(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("subscriptions", "payments", "runs", "active_days", "tiers", "people", "days", "folded", "facts"):
        op.execute(f"DROP TABLE {table}")
    tables.drop(op)
