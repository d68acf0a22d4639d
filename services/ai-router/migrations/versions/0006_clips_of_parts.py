"""A film may be made of several clips: which part of the speech a call's clip is for, and where it lies.

What a run may cost is told with each job, so the router's own table of budgets goes.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE provider_calls ADD COLUMN from_s numeric(9, 3), ADD COLUMN to_s numeric(9, 3), "
        "ADD COLUMN clip text"
    )
    op.execute("DELETE FROM routing_rules WHERE name = 'budgets'")


def downgrade() -> None:
    op.execute(
        "INSERT INTO routing_rules (name, value) VALUES "
        """('budgets', '{"free": "0.10", "starter": "0.50", "pro": "2.00", "enterprise": "10.00"}') """
        "ON CONFLICT DO NOTHING"
    )
    op.execute("ALTER TABLE provider_calls DROP COLUMN from_s, DROP COLUMN to_s, DROP COLUMN clip")
