"""What happened to a project, line by line, for who works on it (WFL-19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from contracts.workflow import RunCancelled, RunCompleted, RunEvent, RunFailed
from workflow.projects import repository


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
    await repository.add_log(tx, ids.uuid7(), row["id"], by, run_id, action, message[:2_000])


async def ended(tx: Transaction, project_ids: Sequence[UUID], event: RunEvent) -> None:
    """Write down how a run for projects ended; again makes no difference."""
    action, message = _said(event)
    for project_id in project_ids:
        id = ids.derived(event.run_id, "log", project_id, event.sequence)
        await repository.add_log(tx, id, project_id, event.user_id, event.run_id, action, message)


def _said(event: RunEvent) -> tuple[str, str]:
    match event:
        case RunCompleted():
            return "generation_completed", f"The video is there. It took {event.credits} credits."
        case RunFailed():
            return "generation_failed", event.message
        case RunCancelled():
            return "generation_cancelled", "It was cancelled. Nothing was charged."
    raise TypeError(f"{event.NAME} ends nothing")
