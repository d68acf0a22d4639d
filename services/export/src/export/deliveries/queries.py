"""SQL for reading which runs are paid for."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction


async def has(tx: Transaction, run_id: UUID) -> bool:
    """Whether this run's results may be handed out."""
    return bool(await tx.fetch("SELECT FROM delivered_runs WHERE run_id = $1", run_id))
