"""Answers kept in the history, what users say of templates, and a copy of what the AI's work costs.

An answer in the history is ``json``: it is handed back as it was and nobody searches it.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    "ALTER TABLE export_history ADD COLUMN result json",
    """
    CREATE TABLE template_feedback (
        template_id uuid NOT NULL REFERENCES export_templates (id) ON DELETE CASCADE,
        user_id uuid NOT NULL,
        published boolean NOT NULL,
        rating smallint CHECK (rating BETWEEN 1 AND 5),
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (template_id, user_id)
    )
    """,
    "CREATE INDEX template_feedback_of_user ON template_feedback (user_id)",
    """
    CREATE TABLE capability_prices (
        capability text PRIMARY KEY,
        least_cost numeric NOT NULL,
        unit text NOT NULL,
        per_unit numeric NOT NULL,
        model text NOT NULL,
        version bigint NOT NULL
    )
    """,
    """
    CREATE FUNCTION template_has_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.updated_at := clock_timestamp();
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER export_templates_changed BEFORE UPDATE ON export_templates "
    # A use alone changes nothing that is shown as instructions.
    "FOR EACH ROW WHEN (NEW.usage_count = OLD.usage_count) EXECUTE FUNCTION template_has_changed()",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER export_templates_changed ON export_templates")
    op.execute("DROP FUNCTION template_has_changed()")
    op.execute("DROP TABLE capability_prices")
    op.execute("DROP TABLE template_feedback")
    op.execute("ALTER TABLE export_history DROP COLUMN result")
