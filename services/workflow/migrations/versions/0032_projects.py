"""Projects with their versions, shares and assets, which runs were ordered for them, and where assets come from.

Revision ID: 0032
"""

from alembic import op

revision = "0032"
down_revision = "0031"

# "simple" takes every language's words as they are written; what is written without spaces is found by its letters.
STATEMENTS = (
    """
    CREATE TABLE projects (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        product_line text NOT NULL,
        title varchar(255) NOT NULL,
        description text,
        script text,
        images jsonb NOT NULL DEFAULT '[]',
        voice text,
        duration integer CHECK (duration > 0),
        music varchar(255),
        settings jsonb NOT NULL DEFAULT '{}',
        tags text[] NOT NULL DEFAULT '{}',
        folder varchar(255),
        is_public boolean NOT NULL DEFAULT false,
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'complete', 'failed')),
        thumbnail_file_id uuid REFERENCES files ON DELETE SET NULL,
        video_file_id uuid REFERENCES files ON DELETE SET NULL,
        subtitles_file_id uuid REFERENCES files ON DELETE SET NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        words tsvector NOT NULL GENERATED ALWAYS AS (
            setweight(to_tsvector('simple', title), 'A')
            || to_tsvector('simple', coalesce(description, '') || ' ' || coalesce(script, ''))
        ) STORED
    )
    """,
    "CREATE INDEX projects_user ON projects (user_id, updated_at DESC)",
    "CREATE INDEX projects_status ON projects (status)",
    "CREATE INDEX projects_public ON projects (updated_at DESC) WHERE is_public",
    "CREATE INDEX projects_words ON projects USING gin (words)",
    """
    CREATE TABLE project_versions (
        project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
        number integer NOT NULL,
        snapshot jsonb NOT NULL,
        created_by uuid NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (project_id, number)
    )
    """,
    """
    CREATE TABLE project_shares (
        id uuid PRIMARY KEY,
        project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
        user_id uuid,
        token_sha256 bytea UNIQUE,
        permission text NOT NULL CHECK (permission IN ('viewer', 'editor')),
        expires_at timestamptz,
        created_by uuid NOT NULL,
        created_at timestamptz NOT NULL,
        CHECK ((user_id IS NULL) <> (token_sha256 IS NULL)),
        UNIQUE (project_id, user_id)
    )
    """,
    "CREATE INDEX project_shares_user ON project_shares (user_id) WHERE user_id IS NOT NULL",
    "CREATE INDEX project_shares_expiry ON project_shares (expires_at) WHERE expires_at IS NOT NULL",
    """
    CREATE TABLE project_assets (
        id uuid PRIMARY KEY,
        project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
        file_id uuid NOT NULL REFERENCES files ON DELETE CASCADE,
        asset_type text NOT NULL CHECK (asset_type IN ('input', 'output', 'reference')),
        metadata jsonb NOT NULL DEFAULT '{}',
        tags text[] NOT NULL DEFAULT '{}',
        added_by uuid NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (project_id, file_id)
    )
    """,
    "CREATE INDEX project_assets_file ON project_assets (file_id)",
    """
    CREATE TABLE project_runs (
        project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
        run_id uuid NOT NULL REFERENCES runs ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (project_id, run_id)
    )
    """,
    "CREATE INDEX project_runs_run ON project_runs (run_id)",
    # No reference to files: where something comes from is told also when it is gone.
    """
    CREATE TABLE lineage (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        object_key varchar(500) NOT NULL,
        file_id uuid,
        name varchar(255) NOT NULL,
        mime_type varchar(100) NOT NULL,
        size bigint NOT NULL,
        sha256 char(64) NOT NULL,
        operation text NOT NULL,
        provider text,
        model text,
        parameters jsonb NOT NULL DEFAULT '{}',
        seed text,
        cost numeric(12, 4) NOT NULL DEFAULT 0,
        score double precision,
        run_id uuid,
        step text,
        parents uuid[] NOT NULL DEFAULT '{}',
        made_at timestamptz NOT NULL,
        UNIQUE (user_id, object_key)
    )
    """,
    "CREATE INDEX lineage_file ON lineage (file_id) WHERE file_id IS NOT NULL",
    """
    ALTER TABLE files ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
        to_tsvector('simple', translate(original_name, '._-', '   '))
    ) STORED
    """,
    "CREATE INDEX files_words ON files USING gin (words)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX files_words")
    op.execute("ALTER TABLE files DROP COLUMN words")
    for table in ("lineage", "project_runs", "project_assets", "project_shares", "project_versions", "projects"):
        op.execute(f"DROP TABLE {table}")
