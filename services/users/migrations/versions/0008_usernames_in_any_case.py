"""Usernames differ by more than case; of those that do not, all but the oldest get an ending.

Revision ID: 0008
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        UPDATE users SET username = left(username, 80) || '_' || right(replace(id::text, '-', ''), 12)
        WHERE id IN (
            SELECT id FROM (
                SELECT id, row_number() OVER (PARTITION BY lower(username) ORDER BY created_at, id) AS place FROM users
            ) AS placed WHERE place > 1
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX users_username_in_any_case ON users (lower(username))")
    op.execute("ALTER TABLE users DROP CONSTRAINT users_username_key")


def downgrade() -> None:
    op.execute("ALTER TABLE users ADD CONSTRAINT users_username_key UNIQUE (username)")
    op.execute("DROP INDEX users_username_in_any_case")
