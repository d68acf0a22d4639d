"""SQL for changing films."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from chassis.data.database import Transaction
from workflow.engine.state import Result
from workflow.films.models import SavedPlan

_RESULT: TypeAdapter[Result] = TypeAdapter(Result)

_SAVE = """
INSERT INTO film_plans (project_id, plan, made_from, edited, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (project_id) DO UPDATE SET plan = excluded.plan, made_from = excluded.made_from, edited = excluded.edited,
    version = film_plans.version + 1, updated_at = excluded.updated_at
RETURNING version
"""
_SETTLE = "UPDATE film_plans SET plan = $3 WHERE project_id = $1 AND version = $2"
_KEEP = """
INSERT INTO film_takes (project_id, step, part, digest, run_id, run_ids, result, shot, paid, made_at, number)
SELECT $1, step, part, digest, $2, ARRAY[$2::uuid], result, shot, $3, $4, 1 + coalesce((
        SELECT max(f.number) FROM film_takes AS f WHERE f.project_id = $1 AND f.step = t.step AND f.part = t.part
    ), 0)
FROM unnest($5::text[], $6::text[], $7::text[], $8::json[], $9::json[]) AS t (step, part, digest, result, shot)
ON CONFLICT (project_id, step, part, digest) DO UPDATE SET run_id = excluded.run_id, result = excluded.result,
    run_ids = ARRAY(SELECT DISTINCT unnest(film_takes.run_ids || film_takes.run_id || $2::uuid)),
    paid = film_takes.paid OR excluded.paid, made_at = excluded.made_at
"""
MOST_TAKES = 20
"""Of one part; the oldest go."""
_FORGET = """
DELETE FROM film_takes AS t USING (
    SELECT step, part, digest, row_number() OVER (PARTITION BY step, part ORDER BY made_at DESC, digest) AS nth
    FROM film_takes WHERE project_id = $1
) AS old WHERE t.project_id = $1 AND t.step = old.step AND t.part = old.part AND t.digest = old.digest AND nth > $2
"""


async def save(tx: Transaction, project_id: UUID, plan: SavedPlan, made_from: str, *, edited: bool) -> int:
    """Make this the plan of a project; its version."""
    row = await tx.fetchrow(_SAVE, project_id, plan.model_dump_json(), made_from, edited, tx.now)
    assert row is not None  # noqa: S101  it returns what it wrote
    return int(row["version"])


async def settle(tx: Transaction, project_id: UUID, version: int, plan: SavedPlan) -> None:
    """Keep what is known now of a plan that nobody has changed since."""
    await tx.execute(_SETTLE, project_id, version, plan.model_dump_json())


async def keep(
    tx: Transaction,
    project_id: UUID,
    run_id: UUID,
    made: Sequence[tuple[str, str, str, Result, dict[str, Any] | None]],
    *,
    paid: bool,
) -> None:
    """Keep what a run has made: step, part, content, result, and the shot as it was then."""
    await tx.execute(
        _KEEP,
        project_id,
        run_id,
        paid,
        tx.now,
        [one[0] for one in made],
        [one[1] for one in made],
        [one[2] for one in made],
        [_RESULT.dump_json(one[3]).decode() for one in made],
        [None if one[4] is None else orjson.dumps(one[4]).decode() for one in made],
    )
    await tx.execute(_FORGET, project_id, MOST_TAKES)
