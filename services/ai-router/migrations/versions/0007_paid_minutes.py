"""What paid providers are used for is a running figure by the minute: no paid call need add up a day of calls.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE paid_minutes (provider varchar(50) NOT NULL, minute timestamptz NOT NULL, "
        "calls integer NOT NULL, cost numeric(14, 4) NOT NULL, PRIMARY KEY (minute, provider))"
    )
    op.execute(
        """
        CREATE FUNCTION count_paid_call() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            more numeric := coalesce(NEW.cost, NEW.estimated_cost);
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO paid_minutes AS known
                VALUES (NEW.provider, date_trunc('minute', NEW.started_at), 1, more)
                ON CONFLICT (minute, provider) DO UPDATE SET calls = known.calls + 1, cost = known.cost + more;
            ELSIF more <> coalesce(OLD.cost, OLD.estimated_cost) THEN
                UPDATE paid_minutes SET cost = cost + more - coalesce(OLD.cost, OLD.estimated_cost)
                WHERE minute = date_trunc('minute', NEW.started_at) AND provider = NEW.provider;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER count_paid_call AFTER INSERT OR UPDATE OF cost, estimated_cost ON provider_calls "
        "FOR EACH ROW WHEN (NEW.paid) EXECUTE FUNCTION count_paid_call()"
    )
    op.execute(
        "INSERT INTO paid_minutes SELECT provider, date_trunc('minute', started_at), count(*), "
        "sum(coalesce(cost, estimated_cost)) FROM provider_calls "
        "WHERE paid AND started_at > now() - interval '25 hours' GROUP BY 1, 2"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER count_paid_call ON provider_calls")
    op.execute("DROP FUNCTION count_paid_call()")
    op.execute("DROP TABLE paid_minutes")
