"""Takes know every run that has them, and the costs of films' steps are those of each part.

Revision ID: 0063
"""

from alembic import op

revision = "0063"
down_revision = "0062"

STATEMENTS = (
    # The release before this one says none, and may still be running: ``run_id`` is one of them in any case.
    "ALTER TABLE film_takes ADD COLUMN run_ids uuid[] NOT NULL DEFAULT '{}'",
    "UPDATE film_takes SET run_ids = ARRAY[run_id]",
    # They were of the whole step, however many parts it had, and are learned anew.
    "DELETE FROM paces WHERE definition = 'film'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE film_takes DROP COLUMN run_ids")
