"""SQL for changing projects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.data.database import Transaction
from contracts.enums import AssetType, ProjectStatus, SharePermission

MOST_VERSIONS = 100
"""Kept of one project; the oldest go."""

_ADD = """
INSERT INTO projects (id, user_id, product_line, title, description, script, images, voice, duration, music, settings,
    tags, folder, is_public, thumbnail_file_id, created_at, updated_at)
SELECT $1, $2, $3, c.title, c.description, c.script, coalesce(c.images, '[]'), c.voice, c.duration, c.music,
    coalesce(c.settings, '{}'), coalesce(c.tags, '{}'), c.folder, coalesce(c.is_public, false), c.thumbnail_file_id,
    $4, $4
FROM jsonb_to_record($5::jsonb) AS c (title text, description text, script text, images jsonb, voice text,
    duration integer, music text, settings jsonb, tags text[], folder text, is_public boolean, thumbnail_file_id uuid)
"""
_CHANGE = """
UPDATE projects AS p SET title = c.title, description = c.description, script = c.script,
    images = coalesce(c.images, '[]'), voice = c.voice, duration = c.duration, music = c.music,
    settings = coalesce(c.settings, '{}'), tags = coalesce(c.tags, '{}'), folder = c.folder,
    is_public = coalesce(c.is_public, false), thumbnail_file_id = c.thumbnail_file_id,
    version = p.version + 1, updated_at = $2
FROM jsonb_to_record($3::jsonb) AS c (title text, description text, script text, images jsonb, voice text,
    duration integer, music text, settings jsonb, tags text[], folder text, is_public boolean, thumbnail_file_id uuid)
WHERE p.id = $1 RETURNING p.version
"""
_KEEP_VERSION = """
INSERT INTO project_versions (project_id, number, snapshot, created_by, created_at) VALUES ($1, $2, $3, $4, $5)
"""
_FORGET_VERSIONS = "DELETE FROM project_versions WHERE project_id = $1 AND number <= $2"
_REMOVE = """
DELETE FROM projects WHERE id = ANY($1::uuid[]) AND user_id = $2 RETURNING id, user_id, product_line
"""
_TAG = """
UPDATE projects SET tags = (SELECT array_agg(DISTINCT tag ORDER BY tag) FROM unnest(tags || $3::text[]) AS tag),
    updated_at = $4
WHERE id = ANY($1::uuid[]) AND user_id = $2 RETURNING id
"""
_MOVE = "UPDATE projects SET folder = $3, updated_at = $4 WHERE id = ANY($1::uuid[]) AND user_id = $2 RETURNING id"
_SHARE = """
INSERT INTO project_shares
    (id, project_id, user_id, email, token_sha256, permission, expires_at, created_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (project_id, {whom}) DO UPDATE SET permission = excluded.permission, expires_at = excluded.expires_at
RETURNING id, user_id, email, permission, expires_at, created_at
"""
_UNSHARE = "DELETE FROM project_shares WHERE id = $1 AND project_id = $2"
_ADD_ASSET = """
INSERT INTO project_assets (id, project_id, file_id, asset_type, metadata, added_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (project_id, file_id) DO UPDATE SET asset_type = excluded.asset_type, metadata = excluded.metadata
RETURNING id
"""
_ADD_RUN = "INSERT INTO project_runs (project_id, run_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_STANDING = "UPDATE projects SET status = $2, updated_at = $3 WHERE id = ANY($1::uuid[])"
_OUTCOME = """
UPDATE projects SET status = $2, video_file_id = coalesce($3, video_file_id),
    subtitles_file_id = coalesce($4, subtitles_file_id), updated_at = $5
WHERE id = ANY($1::uuid[])
"""


_ADD_LOG = """
INSERT INTO project_logs (id, project_id, user_id, workflow_id, action, message, timestamp)
SELECT $1, id, $3, $4, $5, $6, $7 FROM projects WHERE id = $2 ON CONFLICT DO NOTHING
"""


async def add(
    tx: Transaction, project_id: UUID, user_id: UUID, product_line: str, fields: Mapping[str, Any], snapshot: Any
) -> None:
    """Record a new project and its first version."""
    await tx.execute(_ADD, project_id, user_id, product_line, tx.now, _json(fields))
    await tx.execute(_KEEP_VERSION, project_id, 1, _json(snapshot), user_id, tx.now)


async def change(tx: Transaction, project_id: UUID, by: UUID, fields: Mapping[str, Any], snapshot: Any) -> int:
    """Make a project what ``fields`` say, and keep that as its newest version; its number."""
    row = await tx.fetchrow(_CHANGE, project_id, tx.now, _json(fields))
    assert row is not None  # noqa: S101  whoever calls has locked it
    number: int = row["version"]
    await tx.execute(_KEEP_VERSION, project_id, number, _json(snapshot), by, tx.now)
    if number > MOST_VERSIONS:
        await tx.execute(_FORGET_VERSIONS, project_id, number - MOST_VERSIONS)
    return number


async def remove(tx: Transaction, project_ids: Sequence[UUID], user_id: UUID) -> list[dict[str, Any]]:
    """Remove a user's projects with all that hangs on them but the files; which there were."""
    return [dict(row) for row in await tx.fetch(_REMOVE, list(project_ids), user_id)]


async def tag(tx: Transaction, project_ids: Sequence[UUID], user_id: UUID, tags: Sequence[str]) -> set[UUID]:
    """Add tags to a user's projects; which there were."""
    return {row["id"] for row in await tx.fetch(_TAG, list(project_ids), user_id, list(tags), tx.now)}


async def move(tx: Transaction, project_ids: Sequence[UUID], user_id: UUID, folder: str | None) -> set[UUID]:
    """Put a user's projects into a folder; which there were."""
    return {row["id"] for row in await tx.fetch(_MOVE, list(project_ids), user_id, folder, tx.now)}


async def share(
    tx: Transaction,
    share_id: UUID,
    project_id: UUID,
    by: UUID,
    permission: SharePermission,
    expires_at: datetime | None,
    *,
    user_id: UUID | None = None,
    email: str | None = None,
    token_sha256: bytes | None = None,
) -> dict[str, Any]:
    """Share a project with somebody or an address, anew where it was already, or with whoever has a link."""
    statement = _SHARE.format(whom="user_id" if email is None else "email")
    row = await tx.fetchrow(
        statement, share_id, project_id, user_id, email, token_sha256, permission.value, expires_at, by, tx.now
    )
    assert row is not None  # noqa: S101  it returns what it wrote
    return dict(row)


async def unshare(tx: Transaction, project_id: UUID, share_id: UUID) -> bool:
    """End a share. False when there is none."""
    return await tx.execute(_UNSHARE, share_id, project_id) == "DELETE 1"


async def add_asset(
    tx: Transaction,
    asset_id: UUID,
    project_id: UUID,
    file_id: UUID,
    asset_type: AssetType,
    metadata: Mapping[str, Any],
    by: UUID,
) -> UUID:
    """Make a file an asset of a project, or say anew as what; the asset's id."""
    row = await tx.fetchrow(_ADD_ASSET, asset_id, project_id, file_id, asset_type.value, _json(metadata), by, tx.now)
    assert row is not None  # noqa: S101  it returns what it wrote
    found: UUID = row["id"]
    return found


async def add_run(tx: Transaction, project_id: UUID, run_id: UUID) -> None:
    """A run is made for a project, which waits for it from now on."""
    await tx.execute(_ADD_RUN, project_id, run_id, tx.now)
    await standing(tx, [project_id], ProjectStatus.PROCESSING)


async def standing(tx: Transaction, project_ids: Sequence[UUID], status: ProjectStatus) -> None:
    """How projects are."""
    await tx.execute(_STANDING, list(project_ids), status.value, tx.now)


async def outcome(
    tx: Transaction, project_ids: Sequence[UUID], video_file_id: UUID | None, subtitles_file_id: UUID | None
) -> None:
    """What was made for projects is there."""
    await tx.execute(
        _OUTCOME, list(project_ids), ProjectStatus.COMPLETE.value, video_file_id, subtitles_file_id, tx.now
    )


async def add_log(
    tx: Transaction, log_id: UUID, project_id: UUID, by: UUID, run_id: UUID | None, action: str, message: str
) -> None:
    """Write a line of what happened to a project, where that is there; of one id once."""
    await tx.execute(_ADD_LOG, log_id, project_id, by, run_id, action, message, tx.now)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
