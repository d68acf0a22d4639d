"""What the sandbox processor holds: nothing of it is anybody's money.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE sandbox_objects (
            id varchar(255) PRIMARY KEY,
            kind text NOT NULL,
            parent varchar(255),
            due_at timestamptz,
            data jsonb NOT NULL,
            created_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX sandbox_objects_parent ON sandbox_objects (parent, kind)")
    op.execute("CREATE INDEX sandbox_objects_due ON sandbox_objects (due_at) WHERE due_at IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP TABLE sandbox_objects")
