"""A session is in one product line; a sign-in that names none ends in the account's own.

What is running while this is done opens sessions without naming it: those are in the default.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE user_sessions ADD COLUMN product_line varchar(40) NOT NULL DEFAULT 'talkingphoto'")
    op.execute(
        "UPDATE user_sessions SET product_line = users.home_product_line FROM users "
        "WHERE users.id = user_sessions.user_id AND users.home_product_line <> 'talkingphoto'"
    )
    op.execute("ALTER TABLE sign_ins ALTER COLUMN product_line DROP NOT NULL")


def downgrade() -> None:
    op.execute("UPDATE sign_ins SET product_line = 'talkingphoto' WHERE product_line IS NULL")
    op.execute("ALTER TABLE sign_ins ALTER COLUMN product_line SET NOT NULL")
    op.execute("ALTER TABLE user_sessions DROP COLUMN product_line")
