"""YouTube connections and uploads (EXP-18, EXP-19), grants under way.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    CREATE TABLE youtube_states (
        state_hash bytea PRIMARY KEY,
        user_id uuid NOT NULL,
        browser_hash bytea NOT NULL,
        verifier bytea NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE youtube_connections (
        user_id uuid PRIMARY KEY,
        channel_id varchar(255) NOT NULL,
        channel_title varchar(255) NOT NULL,
        tokens bytea NOT NULL,
        scopes text[] NOT NULL,
        expires_at timestamptz NOT NULL,
        connected_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE youtube_uploads (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL,
        project_id uuid NOT NULL,
        channel_id varchar(255) NOT NULL,
        video_id varchar(255),
        playlist_id varchar(255),
        upload_status text NOT NULL DEFAULT 'pending'
            CHECK (upload_status IN ('pending', 'processing', 'complete', 'failed')),
        error text,
        video jsonb NOT NULL,
        resource jsonb NOT NULL,
        session bytea,
        session_number integer NOT NULL DEFAULT 0,
        ending boolean NOT NULL DEFAULT false,
        sent_bytes bigint NOT NULL DEFAULT 0,
        total_bytes bigint NOT NULL,
        listed boolean NOT NULL DEFAULT false,
        failures integer NOT NULL DEFAULT 0,
        looks integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX youtube_uploads_of_user ON youtube_uploads (user_id, id DESC)",
    """
    CREATE UNIQUE INDEX youtube_uploads_under_way ON youtube_uploads (user_id, project_id, channel_id)
    WHERE upload_status IN ('pending', 'processing')
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("youtube_uploads", "youtube_connections", "youtube_states"):
        op.execute(f"DROP TABLE {table}")
