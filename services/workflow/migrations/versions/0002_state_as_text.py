"""State and history of runs as ``json``: written with every step, read whole, never searched.

As ``jsonb`` each write took the server twice as long, and each read had to be written out again.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_COLUMNS = (("runs", "state"), ("run_history", "signal"), ("run_history", "decision"))

_STEPS = """
CREATE VIEW workflow_steps AS
SELECT
    runs.id AS workflow_id,
    step.key AS name,
    unit.key AS unit,
    coalesce(step.value ->> 'status', 'pending') AS status,
    (step.value ->> 'started_at')::timestamptz AS started_at,
    (step.value ->> 'finished_at')::timestamptz AS finished_at,
    coalesce((unit.value ->> 'attempt')::integer, 1) AS attempt,
    (unit.value ->> 'ref')::uuid AS ref,
    unit.value ->> 'provider' AS provider,
    unit.value #> '{{results,-1,outputs}}' AS outputs,
    (unit.value #>> '{{results,-1,score}}')::numeric(4, 2) AS score,
    coalesce((unit.value #>> '{{results,-1,cost}}')::numeric(12, 4), 0) AS cost,
    unit.value #>> '{{error,message}}' AS error
FROM runs
CROSS JOIN LATERAL {kind}_each(coalesce(runs.state -> 'steps', '{{}}')) AS step
LEFT JOIN LATERAL {kind}_each(coalesce(step.value -> 'units', '{{}}')) AS unit ON true
"""


def upgrade() -> None:
    _store_as("json")


def downgrade() -> None:
    _store_as("jsonb")


def _store_as(kind: str) -> None:
    op.execute("DROP VIEW workflow_steps")
    for table, column in _COLUMNS:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} USING {column}::{kind}")
    op.execute(_STEPS.format(kind=kind))
