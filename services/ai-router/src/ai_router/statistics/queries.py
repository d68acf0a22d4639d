"""SQL for figures over all jobs."""

from __future__ import annotations

from chassis.data.database import Transaction

_BY_STATUS = "SELECT status, count(*) AS jobs FROM ai_jobs GROUP BY status"


async def by_status(tx: Transaction) -> dict[str, int]:
    """How many jobs are in which state."""
    return {row["status"]: row["jobs"] for row in await tx.fetch(_BY_STATUS)}
