"""What each capability costs at least, as ai-router tells.

Revision ID: 0021
"""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE capability_prices (capability varchar(50) PRIMARY KEY, least_cost numeric(12, 4) NOT NULL, "
        "unit text NOT NULL, per_unit numeric(12, 4) NOT NULL, version bigint NOT NULL)"
    )


def downgrade() -> None:
    op.execute("DROP TABLE capability_prices")
