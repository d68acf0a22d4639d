"""What happened to a project, line by line, for who works on it (WFL-19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest
from contracts.workflow import RunCancelled, RunCompleted, RunEvent, RunFailed

_ADD = """
INSERT INTO project_logs (id, project_id, user_id, workflow_id, action, message, timestamp)
SELECT $1, id, $3, $4, $5, $6, $7 FROM projects WHERE id = $2 ON CONFLICT DO NOTHING
"""
_PAGE = """
SELECT id, project_id, user_id, workflow_id, action, message, timestamp FROM project_logs WHERE project_id = $1
ORDER BY timestamp DESC, id DESC LIMIT $2 OFFSET $3
"""
_COUNT = "SELECT count(*) AS total FROM project_logs WHERE project_id = $1"


async def add(
    tx: Transaction,
    row: Mapping[str, Any],
    action: str,
    message: str,
    *,
    by: UUID,
    run_id: UUID | None = None,
) -> None:
    """Write down what was done with a project, and who did it."""
    await tx.execute(_ADD, ids.uuid7(), row["id"], by, run_id, action, message[:2_000], tx.now)


async def ended(tx: Transaction, project_ids: Sequence[UUID], event: RunEvent) -> None:
    """Write down how a run for projects ended; again makes no difference."""
    action, message = _said(event)
    for project_id in project_ids:
        id = ids.derived(event.run_id, "log", project_id, event.sequence)
        await tx.execute(_ADD, id, project_id, event.user_id, event.run_id, action, message, tx.now)


async def page(tx: Transaction, project_id: UUID, wanted: PageRequest) -> tuple[list[dict[str, Any]], int]:
    """One page of what happened to a project, newest first, and how many lines there are."""
    counted = await tx.fetchrow(_COUNT, project_id)
    rows = await tx.fetch(_PAGE, project_id, wanted.limit, wanted.offset)
    return [dict(row) for row in rows], counted["total"] if counted is not None else 0


def _said(event: RunEvent) -> tuple[str, str]:
    match event:
        case RunCompleted():
            return "generation_completed", f"The video is there. It took {event.credits} credits."
        case RunFailed():
            return "generation_failed", event.message
        case RunCancelled():
            return "generation_cancelled", "It was cancelled. Nothing was charged."
    raise TypeError(f"{event.NAME} ends nothing")
