"""The SQL of export templates."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from chassis import ids
from chassis.data.database import Transaction
from export.templates.sanitise import sanitised
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
            sanitised(template.instructions_html),
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


async def say(tx: Transaction, template_id: UUID, user_id: UUID, *, published: bool, rating: int | None) -> None:
    """Keep what a user says of a template, in place of what they said before, and reckon its figures anew.

    One statement for each, in an order in which two users' wait for each other instead of losing one of them.
    """
    await tx.execute("SELECT FROM export_templates WHERE id = $1 FOR UPDATE", template_id)
    await tx.execute(
        "INSERT INTO template_feedback (template_id, user_id, published, rating, updated_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (template_id, user_id) DO UPDATE SET "
        "published = excluded.published, rating = excluded.rating, updated_at = excluded.updated_at",
        template_id,
        user_id,
        published,
        rating,
        tx.now,
    )
    await tx.execute(_RECKON, [template_id])


async def reckon_without(tx: Transaction, user_id: UUID) -> None:
    """Forget what a user said of templates; the figures are those of the others then."""
    rows = await tx.fetch("DELETE FROM template_feedback WHERE user_id = $1 RETURNING template_id", user_id)
    await tx.execute(_RECKON, [row["template_id"] for row in rows])


_RECKON = """
UPDATE export_templates SET success_rate = said.success_rate, user_rating = said.user_rating
FROM (
    SELECT id, 100.0 * avg(published::int) AS success_rate, avg(rating) AS user_rating
    FROM unnest($1::uuid[]) AS id LEFT JOIN template_feedback ON template_id = id GROUP BY id
) AS said
WHERE export_templates.id = said.id
"""
