"""What is new is told by the fact itself; runs, payments and subscriptions have words too; who has been forgotten.

Facts and figures of before get words that nothing leads to, so a run that is under way meanwhile is counted as ended
without having been ordered.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

THINGS = {"runs": "run", "payments": "payment", "subscriptions": "subscription"}

UP = (
    # Constant defaults, so that a release that does not know the column adds facts that this one adds up.
    "ALTER TABLE facts ADD COLUMN folded boolean NOT NULL DEFAULT false",
    "UPDATE facts SET folded = true WHERE xid < (SELECT upto FROM folded)",
    "ALTER TABLE facts DROP COLUMN xid",
    "CREATE INDEX facts_new ON facts (at, id) WHERE NOT folded",
    "CREATE INDEX facts_type ON facts (type, at)",
    "CREATE INDEX people_seen ON people (seen_at)",
    "ALTER TABLE folded DROP COLUMN upto, ADD COLUMN key varchar(16)",
    """
    CREATE TABLE forgotten (
        person varchar(16) PRIMARY KEY,
        forgotten_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX forgotten_at ON forgotten (forgotten_at)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)
    for table, name in THINGS.items():
        op.execute(
            f"CREATE TEMPORARY TABLE words ON COMMIT DROP AS SELECT id, gen_random_uuid() AS word FROM ("  # noqa: S608
            f"SELECT {name}_id AS id FROM {table} "
            f"UNION SELECT (body ->> '{name}_id')::uuid FROM facts WHERE body ? '{name}_id') AS ids"
        )
        op.execute(f"UPDATE {table} SET {name}_id = word FROM words WHERE id = {name}_id")  # noqa: S608
        op.execute(
            f"UPDATE facts SET body = body - '{name}_id' || jsonb_build_object('{name}', word) FROM words "  # noqa: S608
            f"WHERE words.id = (body ->> '{name}_id')::uuid AND body ? '{name}_id'"
        )
        op.execute("DROP TABLE words")
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {name}_id TO {name}")


def downgrade() -> None:
    for table, name in THINGS.items():
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {name} TO {name}_id")
        op.execute(
            f"UPDATE facts SET body = body - '{name}' || jsonb_build_object('{name}_id', body ->> '{name}') "  # noqa: S608
            f"WHERE body ? '{name}'"
        )
    op.execute("DROP TABLE forgotten")
    op.execute("ALTER TABLE folded DROP COLUMN key, ADD COLUMN upto xid8 NOT NULL DEFAULT '2'")
    op.execute("DROP INDEX people_seen")
    op.execute("DROP INDEX facts_type")
    op.execute("ALTER TABLE facts ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
    op.execute("UPDATE facts SET xid = '1' WHERE folded")
    op.execute("ALTER TABLE facts DROP COLUMN folded")
    op.execute("CREATE INDEX facts_xid ON facts (xid)")
    op.execute("ALTER TABLE folded ALTER COLUMN upto SET DEFAULT '0'")
