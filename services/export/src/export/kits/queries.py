"""SQL for reading kits."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from contracts.export import CreateKit


async def order_of_run(tx: Transaction, run_id: UUID, user_id: UUID) -> CreateKit | None:
    """The newest order of a kit of a user's run."""
    row = await tx.fetchrow(
        "SELECT request FROM kit_orders WHERE run_id = $1 AND user_id = $2 ORDER BY created_at DESC LIMIT 1",
        run_id,
        user_id,
    )
    return None if row is None else CreateKit.model_validate(row["request"])


async def of_run(tx: Transaction, workflow_id: UUID, user_id: UUID) -> asyncpg.Record | None:
    """The kit of a user's run."""
    return await tx.fetchrow("SELECT * FROM export_kits WHERE workflow_id = $1 AND user_id = $2", workflow_id, user_id)
