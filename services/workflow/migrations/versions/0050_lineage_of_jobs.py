"""Where what single AI jobs made comes from: the job, and which input each thing was.

Revision ID: 0050
"""

from alembic import op

revision = "0050"
down_revision = "0040"


def upgrade() -> None:
    op.execute("ALTER TABLE lineage ADD COLUMN job_id uuid, ADD COLUMN inputs jsonb NOT NULL DEFAULT '{}'")
    op.execute("CREATE INDEX lineage_job ON lineage (job_id) WHERE job_id IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX lineage_job")
    op.execute("ALTER TABLE lineage DROP COLUMN job_id, DROP COLUMN inputs")
