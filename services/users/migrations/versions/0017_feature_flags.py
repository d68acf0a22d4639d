"""Feature flags.

Revision ID: 0017
"""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE feature_flags (
            key varchar(60) PRIMARY KEY,
            says varchar(200) NOT NULL,
            enabled boolean NOT NULL,
            environments varchar(20)[] NOT NULL,
            product_lines varchar(40)[] NOT NULL,
            percent integer NOT NULL CHECK (percent BETWEEN 0 AND 100),
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE feature_flags")
