"""Cost records: one row per provider attempt."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.data.database import Transaction
from contracts.ai_router import CostRecorded


async def record_costs(costs: Sequence[CostRecorded], tx: Transaction) -> None:
    """Keep costs; an attempt is recorded once."""
    await tx.execute(
        """
        INSERT INTO cost_records (attempt_id, job_id, run_id, user_id, provider, capability, units, unit_cost, cost,
                                  currency, created_at)
        SELECT *, $11::timestamptz FROM unnest(
            $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::numeric[], $8::numeric[],
            $9::numeric[], $10::text[]
        )
        ON CONFLICT (attempt_id) DO NOTHING
        """,
        [cost.attempt_id for cost in costs],
        [cost.job_id for cost in costs],
        [cost.run_id for cost in costs],
        [cost.user_id for cost in costs],
        [cost.provider for cost in costs],
        [cost.capability.value for cost in costs],
        [cost.units for cost in costs],
        [cost.unit_cost for cost in costs],
        [cost.cost for cost in costs],
        [cost.currency for cost in costs],
        tx.now,
    )
