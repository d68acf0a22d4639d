"""SQL for reading films."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from chassis.data.database import Transaction
from workflow.engine.state import Result
from workflow.films.reckoning import Take

_RESULT: TypeAdapter[Result] = TypeAdapter(Result)

_PLAN = "SELECT plan, made_from, edited, version, updated_at FROM film_plans WHERE project_id = $1"
# What was removed with the last run that had it is not there any more.
_THERE = """EXISTS (
    SELECT FROM runs AS r WHERE (r.id = t.run_id OR r.id = ANY(t.run_ids)) AND r.cleaned_at IS NULL
)"""
_TAKES = f"""
SELECT t.step, t.part, t.digest, t.result::text AS result, t.paid, t.shot
FROM film_takes AS t WHERE t.project_id = $1 AND {_THERE} ORDER BY t.made_at, t.digest
"""  # noqa: S608
_TAKES_OF = f"""
SELECT t.digest, t.result::text AS result, t.paid, t.shot, t.made_at, t.number
FROM film_takes AS t WHERE t.project_id = $1 AND t.step = 'shots' AND t.part = $2 AND {_THERE} ORDER BY t.number DESC
"""  # noqa: S608
_PICTURES = """
SELECT id, original_name, prepared, kind, scan_status, storage_backend FROM files
WHERE id = ANY($1::uuid[]) AND user_id = $2 AND deleted_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
"""
_UNANSWERED = """
SELECT coalesce(sum((input ->> 'credits')::int), 0)::int AS credits FROM runs
WHERE user_id = $1 AND product_line = $2 AND status IN ('pending', 'processing')
AND coalesce(state::jsonb #>> '{steps,reserve,status}', 'pending') IN ('pending', 'running')
"""


async def take_turn(tx: Transaction, user_id: UUID) -> None:
    """Until the commit nobody else orders a film for this user."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"workflow.films {user_id}")


async def plan_of(tx: Transaction, project_id: UUID) -> dict[str, Any] | None:
    """A project's saved plan."""
    row = await tx.fetchrow(_PLAN, project_id)
    return dict(row) if row is not None else None


async def takes(tx: Transaction, project_id: UUID) -> dict[tuple[str, str], dict[str, Take]]:
    """Every part that was made for a project and is still there, the newest last."""
    found: dict[tuple[str, str], dict[str, Take]] = {}
    for row in await tx.fetch(_TAKES, project_id):
        digest = row["digest"].strip()
        take = Take(row["step"], row["part"], digest, _RESULT.validate_json(row["result"]), row["paid"], row["shot"])
        found.setdefault((take.step, take.part), {})[digest] = take
    return found


async def all_takes_of(tx: Transaction, project_id: UUID, shot_id: str) -> list[dict[str, Any]]:
    """The takes of a shot that are there, the newest first; there are never many."""
    rows = [dict(row) for row in await tx.fetch(_TAKES_OF, project_id, shot_id)]
    for row in rows:
        row["digest"], row["result"] = row["digest"].strip(), _RESULT.validate_json(row["result"])
    return rows


async def pictures(tx: Transaction, user_id: UUID, file_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Those of the files that are the user's, with what is known of them."""
    rows = await tx.fetch(_PICTURES, sorted(file_ids), user_id, tx.now)
    return {row["id"]: dict(row) for row in rows}


async def unanswered_credits(tx: Transaction, user_id: UUID, product_line: str) -> int:
    """Credits of runs that billing has not answered about: the copy of what the user has does not know them."""
    row = await tx.fetchrow(_UNANSWERED, user_id, product_line)
    return int(row["credits"]) if row is not None else 0
