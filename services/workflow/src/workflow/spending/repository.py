"""SQL of what API keys spend."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction

_SPEND = """
INSERT INTO key_spending (key_id, day, credits) SELECT $1::uuid, $2::date, $3::integer WHERE $3 <= $4::integer
ON CONFLICT (key_id, day) DO UPDATE SET credits = key_spending.credits + excluded.credits
    WHERE key_spending.credits + excluded.credits <= $4
RETURNING credits
"""


async def spend(tx: Transaction, key_id: UUID, credits: int, cap: int) -> bool:
    """Count ``credits`` to the key's day (UTC), unless that makes more than ``cap``; of two at once one comes first."""
    return await tx.fetchrow(_SPEND, key_id, tx.now.date(), credits, cap) is not None
