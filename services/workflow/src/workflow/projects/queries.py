"""SQL for reading projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest
from workflow.accounts.entitlement import Entitlement, entitlement_of_row
from workflow.projects.searching import Search

COLUMNS = """
p.id, p.user_id, p.product_line, p.title, p.description, p.script, p.images, p.voice, p.duration, p.music, p.settings,
p.tags, p.folder, p.is_public, p.status, p.version, p.created_at, p.updated_at, p.thumbnail_file_id, p.video_file_id,
p.subtitles_file_id
"""
# What is linked to: the object of each file that is still there.
_FILES = """
LEFT JOIN files AS video ON video.id = p.video_file_id AND video.deleted_at IS NULL
LEFT JOIN files AS subtitles ON subtitles.id = p.subtitles_file_id AND subtitles.deleted_at IS NULL
LEFT JOIN files AS thumbnail ON thumbnail.id = p.thumbnail_file_id AND thumbnail.deleted_at IS NULL
    AND thumbnail.scan_status = 'clean'
"""
LINKED = """
video.storage_key AS video_key, subtitles.storage_key AS subtitles_key,
coalesce(thumbnail.prepared ->> 'key', thumbnail.storage_key) AS thumbnail_key
"""
_SHARED = """
WITH s AS (
    SELECT DISTINCT ON (project_id) project_id, permission FROM project_shares
    WHERE (expires_at IS NULL OR expires_at > {now}) AND (user_id = {user} OR email = (
        SELECT lower(email) FROM users WHERE user_id = {user} AND is_active AND email_verified AND email <> ''
    ))
    ORDER BY project_id, permission
)
"""
"""What somebody may do with the projects that were shared with them or their address: ``editor`` comes first.

An address counts for whoever has proved that it is theirs; anybody could claim it.
"""
_OF_USER = f"""
{_SHARED.format(user="$2", now="$3")}
SELECT {COLUMNS}, {LINKED}, s.permission FROM projects AS p LEFT JOIN s ON s.project_id = p.id {_FILES}
WHERE p.id = $1
"""  # noqa: S608
_LOCK = "SELECT FROM projects WHERE id = $1 FOR UPDATE"
_PUBLIC = (
    f"SELECT {COLUMNS}, {LINKED}, 'viewer' AS permission FROM projects AS p {_FILES} WHERE p.id = $1 AND p.is_public"  # noqa: S608
)
_BY_LINK = f"""
SELECT {COLUMNS}, {LINKED}, s.permission, s.expires_at FROM projects AS p
JOIN project_shares AS s ON s.project_id = p.id AND s.token_sha256 = $1 {_FILES}
"""  # noqa: S608
# Each of the three is a condition of its own, so that the planner sees which index serves it.
_PAGE_WHERE = f"""
FROM projects AS p LEFT JOIN s ON s.project_id = p.id {_FILES}
WHERE ($3 <> 'own' OR p.user_id = $1) AND ($3 <> 'shared' OR p.id IN (SELECT project_id FROM s))
AND ($3 IN ('own', 'shared') OR p.is_public)
AND ($4::text IS NULL OR p.status = $4) AND ($5::text IS NULL OR p.tags @> ARRAY[$5])
AND ($6::text IS NULL OR p.folder = $6) AND ($7::text IS NULL OR p.product_line = $7)
AND ($8::text IS NULL OR p.words @@ to_tsquery('simple', $8) OR (
    p.title ILIKE $9 OR p.description ILIKE $9 OR p.script ILIKE $9
))
"""  # noqa: S608
_COUNT = f"{_SHARED.format(user='$1', now='$2')} SELECT count(*) AS total {_PAGE_WHERE}"
_PAGE = f"""
{_SHARED.format(user="$1", now="$2")}
SELECT {COLUMNS}, {LINKED}, s.permission {_PAGE_WHERE}
ORDER BY CASE WHEN $8::text IS NULL THEN 0 ELSE ts_rank(p.words, to_tsquery('simple', $8)) END DESC,
    p.updated_at DESC, p.id DESC LIMIT $10 OFFSET $11
"""
_VERSIONS = """
SELECT number, snapshot, created_by, created_at FROM project_versions WHERE project_id = $1
ORDER BY number DESC LIMIT $2 OFFSET $3
"""
_VERSION_COUNT = "SELECT count(*) AS total FROM project_versions WHERE project_id = $1"
_VERSION = "SELECT snapshot FROM project_versions WHERE project_id = $1 AND number = $2"
_SHARES = """
SELECT id, user_id, email, permission, expires_at, created_at FROM project_shares WHERE project_id = $1
AND (expires_at IS NULL OR expires_at > $2) ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4
"""
_SHARE_COUNT = """
SELECT count(*) AS total FROM project_shares WHERE project_id = $1 AND (expires_at IS NULL OR expires_at > $2)
"""
_FILES_OF = """
SELECT id FROM files WHERE id = ANY($1::uuid[]) AND user_id = $2 AND deleted_at IS NULL AND scan_status <> 'infected'
AND (expires_at IS NULL OR expires_at > $3)
"""
_AT_WORK = """
SELECT r.id FROM project_runs AS pr JOIN runs AS r ON r.id = pr.run_id
WHERE pr.project_id = ANY($1::uuid[]) AND r.user_id = $2 AND r.status IN ('pending', 'processing')
"""


_LOGS = """
SELECT id, project_id, user_id, workflow_id, action, message, timestamp FROM project_logs WHERE project_id = $1
ORDER BY timestamp DESC, id DESC LIMIT $2 OFFSET $3
"""
_LOG_COUNT = "SELECT count(*) AS total FROM project_logs WHERE project_id = $1"
_ENTITLEMENT = "SELECT to_jsonb(e) AS copy FROM entitlements AS e WHERE user_id = $1 AND product_line = $2"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which projects: ``whose`` is ``own``, ``shared`` or ``public``."""

    whose: str = "own"
    status: str | None = None
    tag: str | None = None
    folder: str | None = None
    product_line: str | None = None
    search: Search | None = None


async def of_user(tx: Transaction, project_id: UUID, user_id: UUID, *, lock: bool = False) -> dict[str, Any] | None:
    """A project, with the permission that the user has been given; whoever looks decides whether they may."""
    if lock:
        await tx.execute(_LOCK, project_id)
    return _dict(await tx.fetchrow(_OF_USER, project_id, user_id, tx.now))


async def public(tx: Transaction, project_id: UUID) -> dict[str, Any] | None:
    """A project that everybody may see."""
    return _dict(await tx.fetchrow(_PUBLIC, project_id))


async def by_link(tx: Transaction, token_sha256: bytes) -> dict[str, Any] | None:
    """The project that a link leads to, and when the link ends, also when it has."""
    return _dict(await tx.fetchrow(_BY_LINK, token_sha256))


async def page(
    tx: Transaction, user_id: UUID | None, filters: Filters, wanted: PageRequest
) -> tuple[list[dict[str, Any]], int]:
    """One page of projects, those that fit a search best first, else those changed last; and how many there are."""
    search = filters.search
    arguments = (
        user_id,
        tx.now,
        filters.whose,
        filters.status,
        filters.tag,
        filters.folder,
        filters.product_line,
        search.words if search is not None else None,
        search.letters if search is not None else None,
    )
    counted = await tx.fetchrow(_COUNT, *arguments)
    rows = await tx.fetch(_PAGE, *arguments, wanted.limit, wanted.offset)
    return [dict(row) for row in rows], counted["total"] if counted is not None else 0


async def versions(tx: Transaction, project_id: UUID, wanted: PageRequest) -> tuple[list[dict[str, Any]], int]:
    """One page of a project's versions, newest first, and how many there are."""
    counted = await tx.fetchrow(_VERSION_COUNT, project_id)
    rows = await tx.fetch(_VERSIONS, project_id, wanted.limit, wanted.offset)
    return [dict(row) for row in rows], counted["total"] if counted is not None else 0


async def version(tx: Transaction, project_id: UUID, number: int) -> dict[str, Any] | None:
    """What a project was in a version."""
    row = await tx.fetchrow(_VERSION, project_id, number)
    return row["snapshot"] if row is not None else None


async def shares(tx: Transaction, project_id: UUID, wanted: PageRequest) -> tuple[list[dict[str, Any]], int]:
    """One page of whom a project is shared with, newest first, and how many there are."""
    counted = await tx.fetchrow(_SHARE_COUNT, project_id, tx.now)
    rows = await tx.fetch(_SHARES, project_id, tx.now, wanted.limit, wanted.offset)
    return [dict(row) for row in rows], counted["total"] if counted is not None else 0


async def files_of(tx: Transaction, user_id: UUID, file_ids: list[UUID]) -> set[UUID]:
    """Those of the files that are the user's and still there."""
    return {row["id"] for row in await tx.fetch(_FILES_OF, file_ids, user_id, tx.now)}


async def at_work(tx: Transaction, project_ids: list[UUID], user_id: UUID) -> list[UUID]:
    """The owner's runs for projects that have not ended."""
    return [row["id"] for row in await tx.fetch(_AT_WORK, project_ids, user_id)]


async def logs(tx: Transaction, project_id: UUID, wanted: PageRequest) -> tuple[list[dict[str, Any]], int]:
    """One page of what happened to a project, newest first, and how many lines there are."""
    counted = await tx.fetchrow(_LOG_COUNT, project_id)
    rows = await tx.fetch(_LOGS, project_id, wanted.limit, wanted.offset)
    return [dict(row) for row in rows], counted["total"] if counted is not None else 0


async def entitlement_of(tx: Transaction, user_id: UUID, product_line: str) -> Entitlement | None:
    """What is known of what a user may do in a product line."""
    row = await tx.fetchrow(_ENTITLEMENT, user_id, product_line)
    return entitlement_of_row(row["copy"]) if row is not None else None


def _dict(row: Any) -> dict[str, Any] | None:
    return dict(row) if row is not None else None
