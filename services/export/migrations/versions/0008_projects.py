"""Projects and their newest video, so that it can be uploaded by the project's id.

Revision ID: 0008
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE projects (
            id uuid PRIMARY KEY,
            user_id uuid NOT NULL,
            run_id uuid,
            video jsonb,
            title text NOT NULL DEFAULT '',
            script text NOT NULL DEFAULT '',
            language text NOT NULL DEFAULT 'en',
            deleted_at timestamptz
        )
        """
    )
    op.execute("CREATE INDEX projects_user ON projects (user_id)")
    op.execute("CREATE INDEX youtube_uploads_project ON youtube_uploads (project_id)")


def downgrade() -> None:
    op.execute("DROP INDEX youtube_uploads_project")
    op.execute("DROP TABLE projects")
