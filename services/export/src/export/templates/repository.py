"""The SQL of export templates."""

from __future__ import annotations

from collections.abc import Sequence

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


async def used(tx: Transaction, template_ids: Sequence[object]) -> None:
    """Count one use of each (EXP-21)."""
    await tx.execute(
        "UPDATE export_templates SET usage_count = usage_count + 1 WHERE id = ANY($1::uuid[])", list(template_ids)
    )
