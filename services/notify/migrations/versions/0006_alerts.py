"""What operators are told.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE alerts (
            id uuid PRIMARY KEY,
            fingerprint text NOT NULL UNIQUE,
            severity text NOT NULL,
            service text NOT NULL,
            message text NOT NULL,
            times integer NOT NULL DEFAULT 1,
            told text NOT NULL,
            told_at timestamptz NOT NULL,
            raised_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            resolved_at timestamptz
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE alerts")
