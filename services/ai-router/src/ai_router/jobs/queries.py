"""SQL for reading a user's jobs."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction


async def find_of_user(tx: Transaction, job_id: UUID, user_id: UUID) -> asyncpg.Record | None:
    """One job of one user."""
    return await tx.fetchrow("SELECT * FROM ai_jobs WHERE id = $1 AND user_id = $2", job_id, user_id)


async def list_of_user(
    tx: Transaction, user_id: UUID, *, status: str | None, job_type: str | None, offset: int, limit: int
) -> tuple[list[asyncpg.Record], int]:
    """A page of a user's jobs, newest first, and how many there are."""
    rows = await tx.fetch(
        "SELECT *, count(*) OVER () AS total FROM ai_jobs WHERE user_id = $1 "
        "AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR job_type = $3) "
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
        "SELECT count(*) AS total FROM ai_jobs WHERE user_id = $1 "
        "AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR job_type = $3)",
        user_id,
        status,
        job_type,
    )
    return rows, counted["total"] if counted else 0
