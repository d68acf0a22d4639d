"""How fast and how dear each step really is, by who does it; how long each run is expected to take.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE paces (definition text NOT NULL, step text NOT NULL, plan text NOT NULL, provider text NOT NULL, "
        "pace double precision NOT NULL, cost double precision NOT NULL, seen_at timestamptz NOT NULL, "
        "PRIMARY KEY (definition, step, plan, provider))"
    )
    op.execute("ALTER TABLE runs ADD COLUMN estimated_seconds real NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE runs DROP COLUMN estimated_seconds")
    op.execute("DROP TABLE paces")
