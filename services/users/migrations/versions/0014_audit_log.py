"""The audit log: what was written stays for a year, and every row holds the hash of the one before.

``entry`` is JSON text and the whole of what is said; it is ``json`` and not ``jsonb`` because its hash is of the text.
The other columns are made of it, to be searched.

Revision ID: 0014
"""

from alembic import op

revision = "0014"
down_revision = "0013"

STATEMENTS = (
    """
    CREATE TABLE audit_log (
        seq bigint PRIMARY KEY,
        at timestamptz NOT NULL,
        entry json NOT NULL,
        previous bytea NOT NULL,
        hash bytea NOT NULL,
        action text GENERATED ALWAYS AS (entry ->> 'action') STORED,
        actor uuid GENERATED ALWAYS AS ((entry ->> 'actor')::uuid) STORED,
        target text GENERATED ALWAYS AS (entry ->> 'target') STORED,
        result text GENERATED ALWAYS AS (entry ->> 'result') STORED,
        product_line text GENERATED ALWAYS AS (entry ->> 'product_line') STORED,
        request_id text GENERATED ALWAYS AS (entry ->> 'request_id') STORED,
        address text GENERATED ALWAYS AS (entry ->> 'address') STORED,
        user_agent text GENERATED ALWAYS AS (entry ->> 'user_agent') STORED,
        details json GENERATED ALWAYS AS (entry -> 'details') STORED
    )
    """,
    "CREATE INDEX audit_log_at ON audit_log (at)",
    "CREATE INDEX audit_log_actor ON audit_log (actor, seq)",
    "CREATE INDEX audit_log_target ON audit_log (target, seq)",
    # Each statement of a function sees what was committed before it: whoever had to wait for the lock finds the row
    # of whom it waited for.
    """
    CREATE FUNCTION audit_log_follows() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        last record;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('audit_log'));
        SELECT seq, hash INTO last FROM audit_log ORDER BY seq DESC LIMIT 1;
        NEW.seq := coalesce(last.seq, 0) + 1;
        NEW.previous := coalesce(last.hash, decode(repeat('00', 32), 'hex'));
        NEW.hash := sha256(NEW.previous || convert_to(NEW.seq || ' ' || NEW.entry::text, 'UTF8'));
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at < now() - interval '364 days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'rows of the audit log are never changed, and removed when they are a year old';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_log_follows BEFORE INSERT ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_follows()
    """,
    """
    CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_stays()
    """,
    """
    CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE audit_log")
    op.execute("DROP FUNCTION audit_log_stays()")
    op.execute("DROP FUNCTION audit_log_follows()")
