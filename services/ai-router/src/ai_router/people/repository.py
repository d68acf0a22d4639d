"""The SQL of erasing a person."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction


async def works_for(tx: Transaction, user_id: UUID) -> bool:
    """Whether a job of the person's has not ended."""
    return bool(
        await tx.fetch(
            "SELECT FROM ai_jobs WHERE user_id = $1 AND status IN ('pending', 'processing') LIMIT 1", user_id
        )
    )


async def erase(tx: Transaction, user_id: UUID) -> None:
    """Remove the person's jobs and results; what the calls cost, billing has."""
    await tx.execute("DELETE FROM result_cache WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM provider_calls USING ai_jobs AS j WHERE j.id = job_id AND j.user_id = $1", user_id)
    await tx.execute("DELETE FROM ai_jobs WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM idempotency_keys WHERE user_id = $1", user_id)
    await tx.execute("DELETE FROM entitlements WHERE user_id = $1", user_id)
