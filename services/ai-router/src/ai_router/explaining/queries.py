"""SQL of stored choices."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import asyncpg

from ai_router.catalogue.models import Catalogue
from chassis.data.database import Transaction
from chassis.encoding import as_json


async def catalogues(tx: Transaction, digests: Collection[str]) -> dict[str, Catalogue]:
    """The catalogues that choices were made from, by digest."""
    rows = await tx.fetch(
        "SELECT digest, document FROM catalogue_versions WHERE digest = ANY($1::text[])", sorted(digests)
    )
    return {row["digest"]: Catalogue.of(as_json(row["document"])) for row in rows}


async def calls(tx: Transaction, job_id: UUID) -> list[asyncpg.Record]:
    """The calls that were made for a job, first to last."""
    return await tx.fetch(
        "SELECT provider, attempt, paid, state, failure, duration_ms, cost, started_at FROM provider_calls "
        "WHERE job_id = $1 ORDER BY attempt",
        job_id,
    )


async def first_choices(
    tx: Transaction, start: datetime, end: datetime, capability: str | None, line: str | None, most: int
) -> list[asyncpg.Record]:
    """The first choice of each job that was ordered in a period, the newest first."""
    return await tx.fetch(
        """
        SELECT id, job_type, product_line, routing -> 'choices' -> 0 AS choice FROM ai_jobs
        WHERE created_at >= $1 AND created_at < $2 AND ($3::text IS NULL OR job_type = $3)
            AND ($4::text IS NULL OR product_line = $4) AND routing -> 'choices' -> 0 IS NOT NULL
        ORDER BY created_at DESC LIMIT $5
        """,
        start,
        end,
        capability,
        line,
        most,
    )
