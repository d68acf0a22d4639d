"""SQL for reading renditions."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from contracts.export import RenditionCompleted


async def made_for_run(tx: Transaction, run_id: UUID) -> dict[str, RenditionCompleted]:
    """The newest finished rendition of a run for each platform."""
    rows: list[asyncpg.Record] = await tx.fetch(
        "SELECT platform, answer FROM renditions WHERE run_id = $1 AND status = 'completed' ORDER BY completed_at",
        run_id,
    )
    return {row["platform"]: RenditionCompleted.model_validate(row["answer"]) for row in rows}
