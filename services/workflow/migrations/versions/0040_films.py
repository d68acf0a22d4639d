"""Films: their plans, the takes of their shots, what happened to a project, and what a minute of film takes.

Revision ID: 0040
"""

from alembic import op

revision = "0040"
down_revision = "0033"

# ``plan`` and ``result`` are json: nobody searches them.
STATEMENTS = (
    "ALTER TABLE entitlements ADD COLUMN credits_per_minute integer",
    """
    CREATE TABLE film_plans (
        project_id uuid PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
        plan json NOT NULL,
        made_from char(64) NOT NULL,
        edited boolean NOT NULL DEFAULT false,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE film_takes (
        project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
        step text NOT NULL,
        part text NOT NULL,
        digest char(64) NOT NULL,
        run_id uuid NOT NULL REFERENCES runs ON DELETE CASCADE,
        result json NOT NULL,
        shot json,
        paid boolean NOT NULL,
        made_at timestamptz NOT NULL,
        PRIMARY KEY (project_id, step, part, digest)
    )
    """,
    "CREATE INDEX film_takes_run ON film_takes (run_id)",
    """
    CREATE TABLE project_logs (
        id uuid PRIMARY KEY,
        project_id uuid REFERENCES projects ON DELETE CASCADE,
        user_id uuid,
        workflow_id uuid,
        action varchar(255) NOT NULL,
        message text NOT NULL,
        timestamp timestamptz NOT NULL
    )
    """,
    "CREATE INDEX project_logs_project ON project_logs (project_id, timestamp DESC)",
    "CREATE INDEX project_logs_timestamp ON project_logs (timestamp)",
    "CREATE INDEX project_logs_user ON project_logs (user_id) WHERE user_id IS NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("project_logs", "film_takes", "film_plans"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE entitlements DROP COLUMN credits_per_minute")
