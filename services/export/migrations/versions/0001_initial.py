"""Platform requirements, templates, renditions, kits, history.

Revision ID: 0001
"""

from alembic import op

from chassis.data import tables

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE platform_requirements (
        platform varchar(50) NOT NULL,
        variant varchar(50) NOT NULL DEFAULT 'standard',
        key_values jsonb NOT NULL,
        version integer NOT NULL DEFAULT 1,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (platform, variant)
    )
    """,
    """
    CREATE TABLE export_templates (
        id uuid PRIMARY KEY,
        workflow_type varchar(100) NOT NULL,
        platform varchar(50) NOT NULL,
        template_name varchar(255) NOT NULL,
        instructions_html text NOT NULL,
        prompt_template text NOT NULL,
        settings_json jsonb NOT NULL DEFAULT '{}',
        assets_required jsonb NOT NULL DEFAULT '[]',
        difficulty_level text NOT NULL DEFAULT 'beginner'
            CHECK (difficulty_level IN ('beginner', 'intermediate', 'advanced')),
        estimated_time_minutes integer NOT NULL,
        tools_required jsonb NOT NULL DEFAULT '[]',
        usage_count integer NOT NULL DEFAULT 0,
        success_rate numeric(5, 2),
        user_rating numeric(3, 2),
        is_active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (workflow_type, platform, template_name)
    )
    """,
    """
    CREATE TABLE renditions (
        id uuid PRIMARY KEY,
        run_id uuid NOT NULL,
        user_id uuid NOT NULL,
        platform varchar(50) NOT NULL,
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'failed', 'cancelled')),
        work_id uuid NOT NULL,
        request jsonb NOT NULL,
        answer jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        completed_at timestamptz
    )
    """,
    "CREATE INDEX renditions_of_run ON renditions (run_id)",
    "CREATE INDEX renditions_of_work ON renditions (work_id) WHERE status = 'pending'",
    """
    CREATE TABLE kit_orders (
        id uuid PRIMARY KEY,
        run_id uuid NOT NULL,
        user_id uuid NOT NULL,
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'failed', 'cancelled')),
        request jsonb NOT NULL,
        answer jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        completed_at timestamptz
    )
    """,
    "CREATE INDEX kit_orders_of_run ON kit_orders (run_id)",
    """
    CREATE TABLE export_kits (
        id uuid PRIMARY KEY,
        workflow_id uuid NOT NULL UNIQUE,
        user_id uuid NOT NULL,
        platforms text[] NOT NULL,
        contents jsonb NOT NULL,
        package jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE export_history (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        kind text NOT NULL,
        request jsonb NOT NULL,
        result_id uuid,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX export_history_of_user ON export_history (user_id, created_at DESC)",
)

TABLES = (
    "export_history",
    "export_kits",
    "kit_orders",
    "renditions",
    "export_templates",
    "platform_requirements",
)


def upgrade() -> None:
    tables.create(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
    tables.drop(op)
