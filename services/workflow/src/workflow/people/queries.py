"""What a person is told of what workflow knows about them (USR-39)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.storage.parts import File, rows_of

_EVERYTHING = {
    "files": "SELECT id, original_name, purpose, mime_type, file_size, created_at FROM files WHERE user_id = $1 "
    "ORDER BY created_at",
    "workflows": "SELECT id, workflow_type AS type, title, description, input, created_at, status, estimated_cost, "
    "finished_at, state::jsonb -> 'cost' AS cost FROM runs WHERE user_id = $1 ORDER BY created_at",
    "batches": "SELECT batches.id, name, ref, line, run_id, batches.created_at FROM batches JOIN batch_rows "
    "ON batch_id = batches.id WHERE user_id = $1 ORDER BY batches.created_at, line",
    "uploads": "SELECT id, original_name, purpose, length, received, created_at, expires_at FROM uploads "
    "WHERE user_id = $1 ORDER BY created_at",
    "projects": "SELECT id, title, description, script, images, voice, duration, music, settings, tags, folder, "
    "is_public, status, version, created_at, updated_at FROM projects WHERE user_id = $1 ORDER BY created_at",
    "project_versions": "SELECT v.project_id, v.number, v.snapshot, v.created_at FROM project_versions AS v JOIN "
    "projects AS p ON p.id = v.project_id WHERE p.user_id = $1 ORDER BY v.project_id, v.number",
    "project_shares": "SELECT s.project_id, s.email, s.permission, s.expires_at, s.created_at, "
    "s.user_id = $1 AS with_me FROM project_shares AS s JOIN projects AS p ON p.id = s.project_id "
    "WHERE p.user_id = $1 OR s.user_id = $1 "
    "ORDER BY s.created_at",
    "project_assets": "SELECT a.project_id, a.file_id, a.asset_type, a.metadata, a.tags, a.created_at FROM "
    "project_assets AS a JOIN projects AS p ON p.id = a.project_id WHERE p.user_id = $1 ORDER BY a.created_at",
    "film_plans": "SELECT f.project_id, f.plan, f.version, f.updated_at FROM film_plans AS f JOIN projects AS p ON "
    "p.id = f.project_id WHERE p.user_id = $1 ORDER BY f.created_at",
    "project_logs": "SELECT project_id, action, message, timestamp FROM project_logs WHERE user_id = $1 "
    "ORDER BY timestamp",
    "lineage": "SELECT id, file_id, name, mime_type, operation, provider, model, parameters, cost, run_id, parents, "
    "made_at FROM lineage WHERE user_id = $1 ORDER BY made_at",
    "entitlements": "SELECT product_line, plan, limits, used, features FROM entitlements WHERE user_id = $1",
}


async def everything(tx: Transaction, user_id: UUID) -> dict[str, list[Any]]:
    """All of it, by what it is."""
    return await rows_of(tx, _EVERYTHING, user_id)


_FILES = """
SELECT DISTINCT ON (stored ->> 'key') name, stored FROM (
    SELECT 'uploads/' || id || '-' || original_name AS name, jsonb_build_object(
        'key', storage_key, 'sha256', trim(checksum), 'size', file_size, 'mime_type', mime_type
    ) AS stored FROM files WHERE user_id = $1 AND deleted_at IS NULL AND scan_status = 'clean'
    UNION ALL
    SELECT 'results/' || runs.id || '/' || (found.stored ->> 'key'), found.stored FROM runs, LATERAL (
        SELECT jsonb_path_query(state::jsonb, '$.** ? (exists (@.sha256) && exists (@.key))') AS stored
    ) AS found WHERE user_id = $1 AND cleaned_at IS NULL AND status = 'completed'
) AS everything
"""


async def files_of(tx: Transaction, user_id: UUID) -> list[File]:
    """The person's uploads, and what was made of them and has not been removed."""
    rows = await tx.fetch(_FILES, user_id)
    return [File(name=row["name"], object=row["stored"]) for row in rows]
