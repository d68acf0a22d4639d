"""SQL for the history that a timeline is told from."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.data.database import Transaction

_HISTORY = "SELECT at, signal::text AS signal FROM run_history WHERE run_id = $1 ORDER BY number"


async def history(tx: Transaction, run_id: UUID) -> list[tuple[str, datetime]]:
    """Everything that has happened to a run, as it is stored, in order."""
    return [(row["signal"], row["at"]) for row in await tx.fetch(_HISTORY, run_id)]
