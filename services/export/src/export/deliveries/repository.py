"""The SQL of runs that are paid for."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from chassis.data.database import Transaction


async def keep(tx: Transaction, run_ids: Collection[UUID]) -> None:
    """Remember that these runs ended and were paid. Repeating it is harmless."""
    await tx.execute(
        "INSERT INTO delivered_runs (run_id, delivered_at) SELECT unnest($1::uuid[]), $2 ON CONFLICT DO NOTHING",
        list(run_ids),
        tx.now,
    )
