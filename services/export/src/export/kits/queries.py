"""SQL for reading kits."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction


async def of_run(tx: Transaction, workflow_id: UUID, user_id: UUID) -> asyncpg.Record | None:
    """The kit of a user's run."""
    return await tx.fetchrow("SELECT * FROM export_kits WHERE workflow_id = $1 AND user_id = $2", workflow_id, user_id)
