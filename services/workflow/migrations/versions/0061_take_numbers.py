"""Takes keep their numbers, whatever is made or removed after them.

Revision ID: 0061
"""

from alembic import op

revision = "0061"
down_revision = "0060"

STATEMENTS = (
    # The release before this one says no number, and may still be running.
    "ALTER TABLE film_takes ADD COLUMN number integer NOT NULL DEFAULT 1",
    """
    UPDATE film_takes AS t SET number = counted.number FROM (
        SELECT project_id, step, part, digest,
            row_number() OVER (PARTITION BY project_id, step, part ORDER BY made_at, digest) AS number
        FROM film_takes
    ) AS counted
    WHERE t.project_id = counted.project_id AND t.step = counted.step AND t.part = counted.part
        AND t.digest = counted.digest
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE film_takes DROP COLUMN number")
