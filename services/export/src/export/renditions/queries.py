"""SQL for reading renditions."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from contracts.enums import Platform
from contracts.export import RenditionCompleted
from contracts.objects import StoredObject
from export.renditions.models import RenditionOrder


async def made_for_run(tx: Transaction, run_id: UUID) -> dict[str, RenditionCompleted]:
    """The newest finished rendition of a run for each platform that runs are made for."""
    rows: list[asyncpg.Record] = await tx.fetch(
        "SELECT platform, answer FROM renditions WHERE run_id = $1 AND status = 'completed' "
        "AND platform = ANY($2::text[]) AND request->>'draft' IS DISTINCT FROM 'true' ORDER BY completed_at",
        run_id,
        list(Platform),
    )
    return {row["platform"]: RenditionCompleted.model_validate(row["answer"]) for row in rows}


async def with_videos(
    tx: Transaction, run_id: UUID, videos: Mapping[str, StoredObject]
) -> dict[str, RenditionCompleted]:
    """The finished renditions of a run that these videos, by platform, are of: others may have been made since."""
    rows = await tx.fetch(
        "SELECT platform, answer FROM renditions WHERE run_id = $1 AND status = 'completed' "
        "AND platform = ANY($2::text[]) ORDER BY completed_at, id",
        run_id,
        list(videos),
    )
    made = [RenditionCompleted.model_validate(row["answer"]) for row in rows]
    return {one.platform: one for one in made if videos[one.platform] in one.outputs.values()}


async def of_run(tx: Transaction, run_id: UUID, user_id: UUID) -> list[asyncpg.Record]:
    """Every rendition of a user's run, newest first."""
    return await tx.fetch(
        "SELECT id, platform, coalesce((request->>'draft')::boolean, false) AS draft, status, answer, created_at "
        "FROM renditions WHERE run_id = $1 AND user_id = $2 "
        "ORDER BY created_at DESC, id",
        run_id,
        user_id,
    )


async def newest_order(tx: Transaction, run_id: UUID) -> RenditionOrder | None:
    """The order of a rendition that workflow made last: what film it is of, its timings and language."""
    row = await tx.fetchrow(
        "SELECT request FROM renditions WHERE run_id = $1 AND status = 'completed' ORDER BY created_at DESC LIMIT 1",
        run_id,
    )
    return None if row is None else RenditionOrder.model_validate(row["request"])
