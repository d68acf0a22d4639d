"""``workflow_steps`` shows the attempt that is used, and what all attempts cost together.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"

_COLUMNS = """
    runs.id AS workflow_id,
    step.key AS name,
    unit.key AS unit,
    coalesce(step.value ->> 'status', 'pending') AS status,
    (step.value ->> 'started_at')::timestamptz AS started_at,
    (step.value ->> 'finished_at')::timestamptz AS finished_at,
    coalesce((unit.value ->> 'attempt')::integer, 1) AS attempt,
    (unit.value ->> 'ref')::uuid AS ref,
"""

_FROM = """
FROM runs
CROSS JOIN LATERAL json_each(coalesce(runs.state -> 'steps', '{}')) AS step
LEFT JOIN LATERAL json_each(coalesce(step.value -> 'units', '{}')) AS unit ON true
"""

_CHOSEN = f"""
CREATE VIEW workflow_steps AS
SELECT {_COLUMNS}
    coalesce(chosen.result ->> 'provider', unit.value ->> 'provider') AS provider,
    chosen.result -> 'outputs' AS outputs,
    (chosen.result ->> 'score')::numeric(4, 2) AS score,
    (
        SELECT coalesce(sum((made ->> 'cost')::numeric), 0)::numeric(12, 4)
        FROM json_array_elements(coalesce(unit.value -> 'results', '[]')) AS made
    ) AS cost,
    CASE WHEN chosen.result IS NULL THEN unit.value #>> '{{error,message}}' END AS error
{_FROM}
LEFT JOIN LATERAL (
    SELECT unit.value -> 'results' -> (unit.value ->> 'chosen')::integer AS result
) AS chosen ON true
"""  # noqa: S608  constants

_LAST = f"""
CREATE VIEW workflow_steps AS
SELECT {_COLUMNS}
    unit.value ->> 'provider' AS provider,
    unit.value #> '{{results,-1,outputs}}' AS outputs,
    (unit.value #>> '{{results,-1,score}}')::numeric(4, 2) AS score,
    coalesce((unit.value #>> '{{results,-1,cost}}')::numeric(12, 4), 0) AS cost,
    unit.value #>> '{{error,message}}' AS error
{_FROM}
"""


def upgrade() -> None:
    op.execute("DROP VIEW workflow_steps")
    op.execute(_CHOSEN)


def downgrade() -> None:
    op.execute("DROP VIEW workflow_steps")
    op.execute(_LAST)
