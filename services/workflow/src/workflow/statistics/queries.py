"""SQL for figures over many runs and files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.data.database import Transaction

_BY_STATUS = """
SELECT status, count(*) AS runs, avg(seconds) AS seconds FROM runs GROUP BY status
"""

_OWN_BY_STATUS = """
SELECT status, count(*) AS runs, avg(seconds) AS seconds,
    coalesce(sum((state::jsonb ->> 'cost')::numeric(12, 4)), 0) AS cost
FROM runs WHERE user_id = $1 AND product_line = $2 GROUP BY status
"""

# A round more, and the later score of a step replaces the earlier one in the view.
_OWN_SCORES = """
SELECT steps.name, round(avg(steps.score), 2) AS score
FROM workflow_steps AS steps JOIN runs ON runs.id = steps.workflow_id
WHERE runs.user_id = $1 AND runs.product_line = $2 AND runs.status = 'completed'
AND steps.name IN ('enhance', 'generate') AND steps.score IS NOT NULL
GROUP BY steps.name
"""

_WAITING = "SELECT lane, count(*) AS runs FROM runs WHERE status = 'pending' GROUP BY lane ORDER BY lane"

_STORED = "SELECT count(*) AS files, coalesce(sum(file_size), 0)::bigint AS bytes FROM files"


async def by_status(tx: Transaction) -> list[dict[str, Any]]:
    """Runs of everybody, and how long they took."""
    return [dict(row) for row in await tx.fetch(_BY_STATUS)]


async def own_by_status(tx: Transaction, user_id: UUID, product_line: str) -> list[dict[str, Any]]:
    """A user's runs in a product line, how long they took and what they cost."""
    return [dict(row) for row in await tx.fetch(_OWN_BY_STATUS, user_id, product_line)]


async def own_scores(tx: Transaction, user_id: UUID, product_line: str) -> dict[str, float]:
    """Average scores by step of what a user has had made."""
    return {row["name"]: float(row["score"]) for row in await tx.fetch(_OWN_SCORES, user_id, product_line)}


async def waiting(tx: Transaction) -> dict[str, int]:
    """Runs that wait for room, by lane; the lower goes first."""
    return {str(row["lane"]): row["runs"] for row in await tx.fetch(_WAITING)}


async def stored(tx: Transaction) -> dict[str, int]:
    """Files that are kept, and their bytes."""
    row = await tx.fetchrow(_STORED)
    return dict(row) if row is not None else {}
