"""Runs that use the results of others, and runs that wait for their owner's decision and need no place meanwhile.

Revision ID: 0022
"""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("ALTER TABLE runs ADD COLUMN parent_id uuid, ADD COLUMN rests boolean NOT NULL DEFAULT false")
    op.execute("CREATE INDEX runs_parent ON runs (parent_id) WHERE parent_id IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX runs_parent")
    op.execute("ALTER TABLE runs DROP COLUMN rests, DROP COLUMN parent_id")
