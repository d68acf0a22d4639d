"""Projects are shared with an address, whoever has it or will have it.

Revision ID: 0060
"""

from alembic import op

revision = "0060"
down_revision = "0050"


def upgrade() -> None:
    op.execute("ALTER TABLE project_shares DROP CONSTRAINT project_shares_check")
    op.execute(
        "ALTER TABLE project_shares ADD COLUMN email text CHECK (email = lower(email)), "
        "ADD CONSTRAINT project_shares_with CHECK (num_nonnulls(user_id, token_sha256, email) = 1), "
        "ADD UNIQUE (project_id, email)"
    )
    op.execute("CREATE INDEX project_shares_email ON project_shares (email) WHERE email IS NOT NULL")


def downgrade() -> None:
    op.execute("DELETE FROM project_shares WHERE email IS NOT NULL")
    op.execute("ALTER TABLE project_shares DROP CONSTRAINT project_shares_with, DROP COLUMN email")
    op.execute(
        "ALTER TABLE project_shares ADD CONSTRAINT project_shares_check "
        "CHECK ((user_id IS NULL) <> (token_sha256 IS NULL))"
    )
