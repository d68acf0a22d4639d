"""SQL for keeping projects. A deleted one is remembered for a while: what is told late does not bring it back."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from contracts.objects import StoredObject

_ADD = "INSERT INTO projects (id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
# Ids of runs rise with time.
_KEEP = """
INSERT INTO projects (id, user_id, run_id, video, title, script, language)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, video = excluded.video, title = excluded.title,
    script = excluded.script, language = excluded.language
WHERE projects.deleted_at IS NULL AND (projects.run_id IS NULL OR projects.run_id <= excluded.run_id)
"""
_REMOVE = """
INSERT INTO projects (id, user_id, deleted_at) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET deleted_at = coalesce(projects.deleted_at, excluded.deleted_at), video = NULL,
    title = '', script = ''
"""


async def add(tx: Transaction, project_id: UUID, user_id: UUID) -> None:
    """A project without a video, unless more is known."""
    await tx.execute(_ADD, project_id, user_id)


async def keep(
    tx: Transaction,
    project_id: UUID,
    user_id: UUID,
    run_id: UUID,
    video: StoredObject,
    *,
    title: str,
    script: str,
    language: str,
) -> None:
    """A project's newest video."""
    await tx.execute(_KEEP, project_id, user_id, run_id, video.model_dump_json(), title, script, language)


async def remove(tx: Transaction, project_id: UUID, user_id: UUID) -> None:
    """A project is gone, with its uploads."""
    await tx.execute(_REMOVE, project_id, user_id, tx.now)
    await tx.execute("DELETE FROM youtube_uploads WHERE project_id = $1 AND user_id = $2", project_id, user_id)
