"""SQL for reading runs: one, a page, a history, a place in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest
from contracts.enums import Status, WorkflowType
from workflow.products.product import Ahead
from workflow.runs.models import Row
from workflow.runs.repository import COLUMNS, PLACES, row_of

_ONE = f"SELECT {COLUMNS} FROM runs WHERE id = $1 AND (user_id = $2 OR $3)"  # noqa: S608

_WHERE = """
FROM runs WHERE user_id = $1
AND ($2::text IS NULL OR workflow_type = $2) AND ($3::text IS NULL OR status = $3)
AND ($4::text IS NULL OR product_line = $4)
AND ($5::timestamptz IS NULL OR created_at >= $5) AND ($6::timestamptz IS NULL OR created_at < $6)
"""
_COUNT = f"SELECT count(*) AS total {_WHERE}"
# What comes before a page is passed over in the index; only the page's own rows are read.
_PAGE = f"""
SELECT id, workflow_type, product_line, status, progress, title, runs.created_at, updated_at, finished_at FROM (
    SELECT id {_WHERE} ORDER BY created_at DESC, id DESC LIMIT $7 OFFSET $8
) AS page JOIN runs USING (id) ORDER BY runs.created_at DESC, id DESC
"""  # noqa: S608

_TURN = f"""
{PLACES}, ahead AS (
    SELECT waiting.id, estimated_seconds,
        row_number() OVER (ORDER BY waiting.lane, nth, waiting.created_at, waiting.id) AS turn
    FROM waiting JOIN runs USING (id)
)
SELECT mine.turn, (SELECT coalesce(sum(estimated_seconds), 0)::float8 FROM ahead WHERE turn < mine.turn) AS ahead_s,
    (SELECT coalesce(array_agg(estimated_seconds * (1 - progress / 100.0)), '{{}}')::float8[] FROM runs
        WHERE status = 'processing' AND NOT rests) AS left_s
FROM ahead AS mine WHERE mine.id = $2
"""  # noqa: S608

_HISTORY = "SELECT number, at, signal, decision FROM run_history WHERE run_id = $1 ORDER BY number LIMIT $2 OFFSET $3"
_HISTORY_COUNT = "SELECT count(*) AS total FROM run_history WHERE run_id = $1"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which of a user's runs are asked for; None does not filter."""

    workflow_type: WorkflowType | None = None
    status: Status | None = None
    product_line: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def one(tx: Transaction, run_id: UUID, user_id: UUID, *, any_owner: bool) -> Row | None:
    """A run of this user, or of anybody for an administrator."""
    record = await tx.fetchrow(_ONE, run_id, user_id, any_owner)
    return row_of(record) if record is not None else None


async def page(
    tx: Transaction, user_id: UUID, filters: Filters, wanted: PageRequest
) -> tuple[list[dict[str, Any]], int]:
    """One page of a user's runs, newest first, and how many there are."""
    arguments = (
        user_id,
        filters.workflow_type,
        filters.status,
        filters.product_line,
        filters.created_from,
        filters.created_before,
    )
    counted = await tx.fetchrow(_COUNT, *arguments)
    records = await tx.fetch(_PAGE, *arguments, wanted.limit, wanted.offset)
    return [dict(record) for record in records], counted["total"] if counted is not None else 0


async def turn(tx: Transaction, run_id: UUID, places: int) -> tuple[int, Ahead] | None:
    """The place of a waiting run in the queue, from 1, and what those before it still take; None for one that does not
    wait."""
    record = await tx.fetchrow(_TURN, places, run_id)
    return (int(record["turn"]), Ahead(record["left_s"], record["ahead_s"])) if record is not None else None


async def history(tx: Transaction, run_id: UUID, wanted: PageRequest) -> tuple[list[dict[str, Any]], int]:
    """One page of what happened to a run, in order, and how much there is."""
    counted = await tx.fetchrow(_HISTORY_COUNT, run_id)
    records = await tx.fetch(_HISTORY, run_id, wanted.limit, wanted.offset)
    return [dict(record) for record in records], counted["total"] if counted is not None else 0
