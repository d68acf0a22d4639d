"""SQL for reading templates."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.data.database import Transaction


async def exists(tx: Transaction, template_id: UUID) -> bool:
    """Whether there is such an active template."""
    return bool(await tx.fetch("SELECT FROM export_templates WHERE id = $1 AND is_active", template_id))


async def version(tx: Transaction) -> tuple[datetime | None, int]:
    """Something that is another one whenever a template was added, changed or removed; uses are no change."""
    row = await tx.fetchrow("SELECT max(updated_at) AS at, count(*) AS n FROM export_templates")
    return (None, 0) if row is None else (row["at"], row["n"])


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


async def figures(tx: Transaction, template_id: UUID) -> dict[str, float | None]:
    """What users say of a template."""
    row = await tx.fetchrow("SELECT success_rate, user_rating FROM export_templates WHERE id = $1", template_id)
    return {} if row is None else dict(row)
