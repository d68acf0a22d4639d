"""Public halves of the keys that sign: every replica publishes those of all.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE signing_keys (
            key_id varchar(64) PRIMARY KEY,
            public varchar(64) NOT NULL,
            last_signed_at timestamptz NOT NULL
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE signing_keys")
