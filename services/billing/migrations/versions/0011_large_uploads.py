"""How large one upload of Reely's may be, by plan.

Revision ID: 0011
"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(
        "UPDATE plans SET version = version + 1, features = features || jsonb_build_object("
        "'upload_mb', CASE WHEN plan_type = 'premium' THEN 2048 ELSE 500 END) "
        "WHERE product_line = 'reely' AND NOT features ? 'upload_mb'"
    )


def downgrade() -> None:
    op.execute("UPDATE plans SET features = features - 'upload_mb' WHERE product_line = 'reely'")
