"""The SQL of export templates."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import orjson

from chassis import ids
from chassis.data.database import Transaction
from export.templates.starting import TEMPLATES


async def add_missing(tx: Transaction) -> None:
    """Add the starting templates that are missing; change none."""
    for template in TEMPLATES:
        await tx.execute(
            "INSERT INTO export_templates (id, workflow_type, platform, template_name, instructions_html, "
            "prompt_template, settings_json, assets_required, difficulty_level, estimated_time_minutes, "
            "tools_required) VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb, $9, $10, $11::jsonb) "
            "ON CONFLICT DO NOTHING",
            ids.uuid7(),
            str(template.workflow_type),
            str(template.platform),
            template.template_name,
            template.instructions_html,
            template.prompt_template,
            orjson.dumps(dict(template.settings)).decode(),
            orjson.dumps(template.assets_required).decode(),
            template.difficulty_level.value,
            template.estimated_time_minutes,
            orjson.dumps(template.tools_required).decode(),
        )


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


async def used(tx: Transaction, template_ids: Sequence[object]) -> None:
    """Count one use of each (EXP-21)."""
    await tx.execute(
        "UPDATE export_templates SET usage_count = usage_count + 1 WHERE id = ANY($1::uuid[])", list(template_ids)
    )
