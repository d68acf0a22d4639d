"""Which breakers of which process are not closed, for those who are asked and have none.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE provider_breakers (
            holder uuid NOT NULL,
            provider varchar(50) NOT NULL,
            capability text NOT NULL,
            state text NOT NULL CHECK (state IN ('open', 'half_open')),
            told_at timestamptz NOT NULL,
            PRIMARY KEY (holder, provider, capability)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE provider_breakers")
