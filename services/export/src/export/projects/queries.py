"""SQL for reading projects."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction


async def project_of(tx: Transaction, project_id: UUID, user_id: UUID) -> asyncpg.Record | None:
    """A user's project, with the video that it has, if any."""
    return await tx.fetchrow(
        "SELECT video, title, script, language FROM projects WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL",
        project_id,
        user_id,
    )
