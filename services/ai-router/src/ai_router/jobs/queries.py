"""SQL for reading jobs: a user's, and those of which something may be left."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.data.database import Transaction

_SHOWN = "user_id = $1 AND removed_at IS NULL AND job_type IS NOT NULL AND speaks_for IS NULL"
"""A user's jobs: not the removed ones, not those of which nothing but their cancel was ever heard, and not the speech
that is made for a film."""

_STATUS = "CASE WHEN hold = 'capturing' THEN 'processing' ELSE status END"
"""How a job is to its owner: nothing is done before it is paid for."""

_COLUMNS = (
    f"id, user_id, workflow_id, project_id, job_type, {_STATUS} AS status, provider, model_name, output_data, routing, "
    "error_message, progress, progress_message, credits_used, cost, quality_score, attempts, cache_hit, hold, "
    "created_at, updated_at, completed_at"
)


async def find_of_user(tx: Transaction, job_id: UUID, user_id: UUID) -> asyncpg.Record | None:
    """One job of one user."""
    return await tx.fetchrow(f"SELECT {_COLUMNS} FROM ai_jobs WHERE {_SHOWN} AND id = $2", user_id, job_id)  # noqa: S608


async def list_of_user(
    tx: Transaction, user_id: UUID, *, status: str | None, job_type: str | None, offset: int, limit: int
) -> tuple[list[asyncpg.Record], int]:
    """A page of a user's jobs, newest first, and how many there are."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, count(*) OVER () AS total FROM ai_jobs WHERE {_SHOWN} "  # noqa: S608  a constant
        f"AND ($2::text IS NULL OR {_STATUS} = $2) AND ($3::text IS NULL OR job_type = $3) "
        "ORDER BY created_at DESC, id DESC OFFSET $4 LIMIT $5",
        user_id,
        status,
        job_type,
        offset,
        limit,
    )
    if rows or not offset:
        return rows, rows[0]["total"] if rows else 0
    counted = await tx.fetchrow(
        f"SELECT count(*) AS total FROM ai_jobs WHERE {_SHOWN} "  # noqa: S608  a constant
        f"AND ($2::text IS NULL OR {_STATUS} = $2) AND ($3::text IS NULL OR job_type = $3)",
        user_id,
        status,
        job_type,
    )
    return rows, counted["total"] if counted else 0


async def uncleared(tx: Transaction, before: datetime, most: int) -> list[tuple[UUID, UUID]]:
    """Jobs, with their users, that came to nothing before a moment and have not been cleared yet. Locked."""
    rows = await tx.fetch(
        "SELECT id, user_id FROM ai_jobs WHERE cleared_at IS NULL AND status IN ('failed', 'cancelled') "
        "AND completed_at < $1 AND user_id IS NOT NULL ORDER BY completed_at LIMIT $2 FOR UPDATE SKIP LOCKED",
        before,
        most,
    )
    return [(row["id"], row["user_id"]) for row in rows]


async def providers(tx: Transaction) -> list[str]:
    """The keys of all that the catalogue knows."""
    return [row["key"] for row in await tx.fetch("SELECT DISTINCT key FROM providers")]
