"""What was spent outlives what a user removes; edits of the catalogue show when they were made.

A removed job keeps its row, so that a command that is repeated later starts nothing, and its calls, from which the
limits of the day and the hour are computed.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"

EDITED = ("providers", "routing_policies", "routing_rules")


def upgrade() -> None:
    op.execute("ALTER TABLE ai_jobs ADD COLUMN removed_at timestamptz")
    op.execute(
        "ALTER TABLE provider_calls DROP CONSTRAINT provider_calls_job_id_fkey, "
        "ADD CONSTRAINT provider_calls_job_id_fkey FOREIGN KEY (job_id) REFERENCES ai_jobs (id)"
    )
    op.execute(
        "CREATE FUNCTION edited() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$"
    )
    for table in EDITED:
        op.execute(f"CREATE TRIGGER edited BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION edited()")


def downgrade() -> None:
    for table in EDITED:
        op.execute(f"DROP TRIGGER edited ON {table}")
    op.execute("DROP FUNCTION edited()")
    op.execute(
        "ALTER TABLE provider_calls DROP CONSTRAINT provider_calls_job_id_fkey, "
        "ADD CONSTRAINT provider_calls_job_id_fkey FOREIGN KEY (job_id) REFERENCES ai_jobs (id) ON DELETE CASCADE"
    )
    op.execute("ALTER TABLE ai_jobs DROP COLUMN removed_at")
