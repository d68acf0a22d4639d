"""What provider calls cost us."""

from __future__ import annotations

from collections.abc import Sequence

from billing.costs import repository
from chassis.data.database import Transaction
from contracts.ai_router import CostRecorded


async def keep_costs(costs: Sequence[CostRecorded], tx: Transaction) -> None:
    """Keep costs; an attempt is recorded once."""
    await repository.record_costs(costs, tx)
