"""Users and entitlements (copies), files, runs with their history, idempotency keys.

Revision ID: 0001
"""

from alembic import op

from chassis.data import tables

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE users (
        user_id uuid PRIMARY KEY,
        email text NOT NULL,
        name text,
        language text NOT NULL,
        is_active boolean NOT NULL DEFAULT true,
        version integer NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE entitlements (
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        plan text NOT NULL,
        limits jsonb NOT NULL,
        used jsonb NOT NULL,
        features jsonb NOT NULL,
        priority text NOT NULL,
        run_budget numeric(12, 4) NOT NULL,
        credits_available bigint NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (user_id, product_line)
    )
    """,
    """
    CREATE TABLE files (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        original_name varchar(255) NOT NULL,
        purpose varchar(50) NOT NULL,
        storage_backend text NOT NULL CHECK (storage_backend IN ('store', 'fallback')),
        storage_key varchar(500) NOT NULL,
        file_size bigint NOT NULL CHECK (file_size >= 0),
        mime_type varchar(100) NOT NULL,
        checksum char(64) NOT NULL,
        prepared jsonb,
        width integer,
        height integer,
        duration double precision,
        kind text NOT NULL,
        scan_status text NOT NULL CHECK (scan_status IN ('pending', 'clean', 'infected', 'error')),
        is_temporary boolean NOT NULL DEFAULT false,
        expires_at timestamptz,
        access_count bigint NOT NULL DEFAULT 0,
        last_accessed_at timestamptz,
        deleted_at timestamptz,
        objects_removed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX files_user ON files (user_id, created_at DESC)",
    "CREATE INDEX files_expiry ON files (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE INDEX files_to_remove ON files (deleted_at) WHERE deleted_at IS NOT NULL AND objects_removed_at IS NULL",
    "CREATE INDEX files_to_move ON files (id) WHERE storage_backend = 'fallback'",
    # Most updates of a run touch no indexed column; the room left in each page keeps them out of the indexes.
    """
    CREATE TABLE runs (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        workflow_type varchar(100) NOT NULL,
        definition text NOT NULL,
        version integer NOT NULL,
        file_id uuid REFERENCES files,
        title varchar(255),
        description text,
        input jsonb NOT NULL,
        target_duration integer,
        estimated_cost numeric(10, 4) NOT NULL DEFAULT 0,
        lane smallint NOT NULL,
        correlation_id text,
        status text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
        progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
        state jsonb NOT NULL,
        wake_at timestamptz,
        parked_reason text,
        finished_at timestamptz,
        cleaned_at timestamptz,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT talking_photo_duration
            CHECK (product_line <> 'talkingphoto' OR target_duration IS NULL OR target_duration BETWEEN 1 AND 60)
    ) WITH (fillfactor = 50)
    """,
    "CREATE INDEX runs_user ON runs (user_id, created_at DESC)",
    "CREATE INDEX runs_user_status ON runs (user_id, status)",
    "CREATE INDEX runs_created ON runs (created_at DESC)",
    "CREATE INDEX runs_file ON runs (file_id)",
    "CREATE INDEX runs_due ON runs (wake_at) WHERE wake_at IS NOT NULL",
    "CREATE INDEX runs_processing ON runs (id) WHERE status = 'processing'",
    "CREATE INDEX runs_pending ON runs (lane, created_at) WHERE status = 'pending'",
    """
    CREATE TABLE run_history (
        run_id uuid NOT NULL REFERENCES runs ON DELETE CASCADE,
        number integer NOT NULL,
        at timestamptz NOT NULL,
        signal jsonb NOT NULL,
        decision jsonb NOT NULL,
        PRIMARY KEY (run_id, number)
    )
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
    """,
    """
    CREATE TRIGGER history_is_append_only BEFORE UPDATE ON run_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TABLE idempotency_keys (
        user_id uuid NOT NULL,
        key text NOT NULL,
        body_sha256 text NOT NULL,
        answer jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (user_id, key)
    )
    """,
    "CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at)",
    # Steps as rows, for operators and reports (WFL-18); the run's state is the one source.
    """
    CREATE VIEW workflow_steps AS
    SELECT
        runs.id AS workflow_id,
        step.key AS name,
        unit.key AS unit,
        coalesce(step.value ->> 'status', 'pending') AS status,
        (step.value ->> 'started_at')::timestamptz AS started_at,
        (step.value ->> 'finished_at')::timestamptz AS finished_at,
        coalesce((unit.value ->> 'attempt')::integer, 1) AS attempt,
        (unit.value ->> 'ref')::uuid AS ref,
        unit.value ->> 'provider' AS provider,
        unit.value #> '{results,-1,outputs}' AS outputs,
        (unit.value #>> '{results,-1,score}')::numeric(4, 2) AS score,
        coalesce((unit.value #>> '{results,-1,cost}')::numeric(12, 4), 0) AS cost,
        unit.value #>> '{error,message}' AS error
    FROM runs
    CROSS JOIN LATERAL jsonb_each(coalesce(runs.state -> 'steps', '{}')) AS step
    LEFT JOIN LATERAL jsonb_each(coalesce(step.value -> 'units', '{}')) AS unit ON true
    """,
)


def upgrade() -> None:
    tables.create(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP VIEW workflow_steps")
    for table in ("idempotency_keys", "run_history", "runs", "files", "entitlements", "users"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION refuse_change")
    tables.drop(op)
