"""How many credits an account is known to have, where its plan counts nothing else.

Revision ID: 0020
"""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE entitlements (
            user_id uuid NOT NULL,
            product_line text NOT NULL,
            credits_available integer NOT NULL,
            credits_anew integer,
            period_ends_at timestamptz,
            counts_more boolean NOT NULL,
            version bigint NOT NULL,
            PRIMARY KEY (user_id, product_line)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE entitlements")
