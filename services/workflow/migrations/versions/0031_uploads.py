"""Uploads that arrive in parts, and the sizes of photos that were asked for.

Revision ID: 0031
"""

from alembic import op

revision = "0031"
down_revision = "0023"


def upgrade() -> None:
    # The parts are read and written with their upload and searched by nobody.
    op.execute(
        """
        CREATE TABLE uploads (
            id uuid PRIMARY KEY,
            user_id uuid NOT NULL,
            product_line text NOT NULL,
            original_name varchar(255) NOT NULL,
            purpose varchar(50) NOT NULL,
            is_temporary boolean NOT NULL,
            project_id uuid,
            length bigint NOT NULL CHECK (length > 0),
            received bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND length),
            parts json NOT NULL DEFAULT '[]',
            file_id uuid,
            finishing_until timestamptz,
            tries smallint NOT NULL DEFAULT 0,
            expires_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX uploads_user ON uploads (user_id, created_at DESC)")
    op.execute("CREATE INDEX uploads_expiry ON uploads (expires_at)")
    op.execute("CREATE INDEX uploads_whole ON uploads (updated_at) WHERE received = length AND file_id IS NULL")
    op.execute("ALTER TABLE files ADD COLUMN sizes jsonb NOT NULL DEFAULT '{}'")
    op.execute("CREATE INDEX files_to_scan ON files (updated_at) WHERE scan_status = 'pending'")


def downgrade() -> None:
    op.execute("DROP INDEX files_to_scan")
    op.execute("ALTER TABLE files DROP COLUMN sizes")
    op.execute("DROP TABLE uploads")
