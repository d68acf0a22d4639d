"""A file's row goes with its objects, and the runs made of it stay.

Revision ID: 0008
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("DROP INDEX files_to_remove")
    op.execute("ALTER TABLE files DROP COLUMN objects_removed_at")
    op.execute("CREATE INDEX files_to_remove ON files (deleted_at) WHERE deleted_at IS NOT NULL")
    _refer("ON DELETE SET NULL")
    op.execute("CREATE INDEX runs_to_clean ON runs (finished_at) WHERE cleaned_at IS NULL")
    op.execute("CREATE INDEX run_history_age ON run_history USING brin (at)")


def downgrade() -> None:
    op.execute("DROP INDEX run_history_age")
    op.execute("DROP INDEX runs_to_clean")
    _refer("")
    op.execute("DROP INDEX files_to_remove")
    op.execute("ALTER TABLE files ADD COLUMN objects_removed_at timestamptz")
    op.execute(
        "CREATE INDEX files_to_remove ON files (deleted_at) WHERE deleted_at IS NOT NULL AND objects_removed_at IS NULL"
    )


def _refer(on_delete: str) -> None:
    op.execute(
        "ALTER TABLE runs DROP CONSTRAINT runs_file_id_fkey, "
        f"ADD CONSTRAINT runs_file_id_fkey FOREIGN KEY (file_id) REFERENCES files {on_delete}"
    )
