"""Every catalogue that choices were made from, so that a choice can be computed again.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE catalogue_versions (
            digest text PRIMARY KEY,
            document jsonb NOT NULL,
            first_used_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE catalogue_versions")
