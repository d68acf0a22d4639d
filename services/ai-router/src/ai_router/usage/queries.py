"""SQL of what a user's jobs have taken."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.data.database import Transaction


async def by_model_and_day(tx: Transaction, user_id: UUID, start: datetime, end: datetime) -> list[asyncpg.Record]:
    """Jobs, credits and cost of each day (UTC), kind, provider and model, the newest day first. Removed jobs count."""
    return await tx.fetch(
        """
        SELECT (created_at AT TIME ZONE 'UTC')::date AS day, job_type, provider, model_name, count(*)::int AS jobs,
            count(*) FILTER (WHERE status = 'completed')::int AS completed,
            count(*) FILTER (WHERE cache_hit)::int AS cache_hits,
            sum(credits_used)::int AS credits, sum(cost) AS cost
        FROM ai_jobs WHERE user_id = $1 AND created_at >= $2 AND created_at < $3 AND job_type IS NOT NULL
        GROUP BY day, job_type, provider, model_name ORDER BY day DESC, job_type, provider, model_name
        """,
        user_id,
        start,
        end,
    )
