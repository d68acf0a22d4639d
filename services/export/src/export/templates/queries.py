"""SQL for reading templates."""

from __future__ import annotations

import asyncpg

from chassis.data.database import Transaction


async def active(
    tx: Transaction, *, workflow_type: str | None = None, platform: str | None = None, difficulty: str | None = None
) -> list[asyncpg.Record]:
    """Active templates that fit every filter given."""
    return await tx.fetch(
        "SELECT * FROM export_templates WHERE is_active AND ($1::text IS NULL OR workflow_type = $1) "
        "AND ($2::text IS NULL OR platform = $2) AND ($3::text IS NULL OR difficulty_level = $3) "
        "ORDER BY workflow_type, platform, template_name",
        workflow_type,
        platform,
        difficulty,
    )
