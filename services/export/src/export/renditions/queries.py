"""SQL for reading renditions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg

from chassis.data.database import Transaction


async def outputs_of_run(tx: Transaction, run_id: UUID) -> dict[str, dict[str, Any]]:
    """The newest finished outputs of a run, by platform and role."""
    rows: list[asyncpg.Record] = await tx.fetch(
        "SELECT platform, answer FROM renditions WHERE run_id = $1 AND status = 'completed' ORDER BY completed_at",
        run_id,
    )
    return {row["platform"]: row["answer"]["outputs"] for row in rows}
