"""What a person is told of what export knows about them (USR-39)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.storage.parts import rows_of

_EVERYTHING = {
    "kits": "SELECT id, workflow_id, platforms, contents, created_at, expires_at FROM export_kits WHERE user_id = $1",
    "orders": "SELECT id, kind, request, result, created_at FROM export_history WHERE user_id = $1 ORDER BY created_at",
    "feedback": "SELECT template_id, published, rating, updated_at FROM template_feedback WHERE user_id = $1",
    "channel": "SELECT channel_id, channel_title, scopes, connected_at FROM youtube_connections WHERE user_id = $1",
    "uploads": "SELECT id, project_id, channel_id, video_id, upload_status, resource, created_at FROM youtube_uploads "
    "WHERE user_id = $1 ORDER BY created_at",
    "fingerprints": "SELECT run_id, kind, encode(sha256, 'hex') AS sha256, seconds, made_at FROM fingerprints "
    "WHERE user_id = $1 ORDER BY made_at",
    "projects": "SELECT id, title, script, language FROM projects WHERE user_id = $1 AND deleted_at IS NULL",
}


async def everything(tx: Transaction, user_id: UUID) -> dict[str, list[Any]]:
    """All of it, by what it is."""
    return await rows_of(tx, _EVERYTHING, user_id)
