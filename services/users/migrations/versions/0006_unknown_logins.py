"""Failed logins of accounts that do not exist are counted as those of accounts are.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE unknown_logins (
            id uuid PRIMARY KEY,
            failed_login_count integer NOT NULL DEFAULT 0,
            failing_since timestamptz,
            locked_until timestamptz
        )
        """
    )
    op.execute("ALTER TABLE login_guards DROP CONSTRAINT login_guards_user_id_fkey")


def downgrade() -> None:
    op.execute("DELETE FROM login_guards WHERE user_id NOT IN (SELECT id FROM users)")
    op.execute(
        "ALTER TABLE login_guards ADD CONSTRAINT login_guards_user_id_fkey "
        "FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE"
    )
    op.execute("DROP TABLE unknown_logins")
