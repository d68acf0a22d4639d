"""Plans say how much may be stored: homes of before have their plans already, and loading the catalogue changes none.

An edit of an owner's that says it already stays.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"

SAY_STORAGE = """
UPDATE plans SET version = version + 1, features = features || jsonb_build_object(
    'storage_mb', CASE WHEN plan_type = 'free' THEN 1024 ELSE 20480 END
) WHERE NOT features ? 'storage_mb'
"""


def upgrade() -> None:
    op.execute(SAY_STORAGE)


def downgrade() -> None:
    op.execute("UPDATE plans SET features = features - 'storage_mb'")
