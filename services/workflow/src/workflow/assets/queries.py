"""SQL for reading assets and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest
from workflow.projects.searching import Search

_COLUMNS = """
a.id, a.project_id, a.file_id, a.asset_type, a.metadata, a.tags, a.created_at, f.original_name, f.kind, f.mime_type,
f.file_size, f.width, f.height, f.duration, f.scan_status, f.storage_key, f.prepared, f.user_id AS file_owner
"""
_WHERE = """
FROM project_assets AS a JOIN projects AS p ON p.id = a.project_id
JOIN files AS f ON f.id = a.file_id AND f.deleted_at IS NULL AND f.scan_status <> 'infected'
    AND (f.expires_at IS NULL OR f.expires_at > $1)
WHERE ($2::uuid IS NULL OR p.user_id = $2) AND ($3::uuid IS NULL OR a.project_id = $3)
AND ($4::text IS NULL OR a.asset_type = $4) AND ($5::text IS NULL OR f.kind = $5)
AND ($6::text IS NULL OR f.mime_type = $6) AND ($7::text IS NULL OR a.tags @> ARRAY[$7])
AND ($8::timestamptz IS NULL OR a.created_at >= $8) AND ($9::timestamptz IS NULL OR a.created_at < $9)
AND ($10::text IS NULL OR (f.words || p.words) @@ to_tsquery('simple', $10)
    OR f.original_name ILIKE $11 OR p.title ILIKE $11 OR array_to_string(a.tags, ' ') ILIKE $11)
"""
_COUNT = f"SELECT count(*) AS total {_WHERE}"
_PAGE = f"SELECT {_COLUMNS} {_WHERE} ORDER BY a.created_at DESC, a.id DESC LIMIT $12 OFFSET $13"
_ONE = f"""
SELECT {_COLUMNS} FROM project_assets AS a JOIN files AS f ON f.id = a.file_id AND f.deleted_at IS NULL
    AND f.scan_status <> 'infected' AND (f.expires_at IS NULL OR f.expires_at > $2)
WHERE a.id = $1
"""  # noqa: S608
_PROJECTS_OF_RUN = """
SELECT pr.project_id FROM project_runs AS pr JOIN projects AS p ON p.id = pr.project_id
WHERE pr.run_id = $1 AND p.user_id = $2 ORDER BY pr.project_id FOR UPDATE OF p
"""
_UPLOAD = """
SELECT id, user_id, original_name, storage_key, checksum, file_size, mime_type, created_at, prepared, deleted_at
FROM files WHERE id = $1
"""
_UPLOADS = """
SELECT id, user_id, original_name, storage_key, checksum, file_size, mime_type, created_at, prepared, deleted_at
FROM files WHERE user_id = $1 AND purpose <> 'output'
AND (storage_key = ANY($2::text[]) OR prepared ->> 'key' = ANY($2::text[]))
"""
# A job's own picture, and not what is offered beside it.
_NODE = """
SELECT id FROM lineage WHERE user_id = $2 AND (
    file_id = $1 OR id = $1 OR job_id = $1 OR file_id = (SELECT file_id FROM project_assets WHERE id = $1)
) ORDER BY step = 'composite' NULLS FIRST, made_at, id LIMIT 1
"""
_OWN_PROJECT = "SELECT id FROM projects WHERE id = $1 AND user_id = $2 FOR UPDATE"
_LINKED = """
SELECT DISTINCT ON (n.id) n.id, f.id AS file_id, CASE WHEN f.scan_status = 'clean' THEN f.storage_key END AS key
FROM lineage AS n JOIN files AS f ON f.user_id = n.user_id AND f.deleted_at IS NULL
    AND (f.expires_at IS NULL OR f.expires_at > $3)
    AND (f.id = n.file_id OR f.storage_key = n.object_key OR f.prepared ->> 'key' = n.object_key)
WHERE n.user_id = $1 AND n.id = ANY($2::uuid[]) ORDER BY n.id, f.created_at
"""
_FILE_OF = """
SELECT f.id FROM files AS f WHERE f.user_id = $2 AND f.scan_status <> 'infected' AND f.deleted_at IS NULL
AND (f.id = $1 OR f.id = (SELECT file_id FROM project_assets WHERE id = $1))
"""
# As deep as it goes; what a run made is there as long as the run's results are, or a file that has it.
_ANCESTRY = """
WITH RECURSIVE up AS (
    SELECT lineage.*, 0 AS depth FROM lineage WHERE id = $1
    UNION ALL
    SELECT parent.*, up.depth + 1 FROM up
    JOIN lineage AS parent ON parent.id = ANY(up.parents) AND parent.user_id = up.user_id
    WHERE up.depth < 50
), nodes AS (SELECT DISTINCT ON (id) * FROM up ORDER BY id, depth)
SELECT nodes.id, nodes.file_id, name, mime_type, size, trim(sha256) AS sha256, operation, provider, model, parameters,
    seed, nodes.cost, score, run_id, step, job_id, inputs, parents, made_at, depth,
    EXISTS (
        SELECT FROM files WHERE files.user_id = nodes.user_id AND deleted_at IS NULL
        AND (files.id = nodes.file_id OR storage_key = object_key OR prepared ->> 'key' = object_key)
    ) OR EXISTS (SELECT FROM runs WHERE runs.id = nodes.run_id AND runs.cleaned_at IS NULL) AS available
FROM nodes ORDER BY depth, made_at DESC, nodes.id
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which assets: of all projects of ``owner``, or of one project."""

    owner: UUID | None = None
    project_id: UUID | None = None
    asset_type: str | None = None
    kind: str | None = None
    mime_type: str | None = None
    tag: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    search: Search | None = None


async def page(tx: Transaction, filters: Filters, wanted: PageRequest) -> tuple[list[dict[str, Any]], int]:
    """One page of assets, newest first, and how many there are."""
    search = filters.search
    arguments = (
        tx.now,
        filters.owner,
        filters.project_id,
        filters.asset_type,
        filters.kind,
        filters.mime_type,
        filters.tag,
        filters.created_from,
        filters.created_before,
        search.words if search is not None else None,
        search.letters if search is not None else None,
    )
    counted = await tx.fetchrow(_COUNT, *arguments)
    rows = await tx.fetch(_PAGE, *arguments, wanted.limit, wanted.offset)
    return [dict(row) for row in rows], counted["total"] if counted is not None else 0


async def one(tx: Transaction, asset_id: UUID) -> dict[str, Any] | None:
    """An asset whose file is there; whoever looks decides who may see it."""
    row = await tx.fetchrow(_ONE, asset_id, tx.now)
    return dict(row) if row is not None else None


async def projects_of_run(tx: Transaction, run_id: UUID, user_id: UUID) -> list[UUID]:
    """The projects that a run is made for, locked."""
    return [row["project_id"] for row in await tx.fetch(_PROJECTS_OF_RUN, run_id, user_id)]


async def upload(tx: Transaction, file_id: UUID) -> dict[str, Any] | None:
    """A file as the beginning of what was made from it, also a deleted one."""
    row = await tx.fetchrow(_UPLOAD, file_id)
    return dict(row) if row is not None else None


async def node_of(tx: Transaction, id: UUID, user_id: UUID) -> UUID | None:
    """The node of an asset, a file or a node, by its id."""
    row = await tx.fetchrow(_NODE, id, user_id)
    return row["id"] if row is not None else None


async def uploads(tx: Transaction, user_id: UUID, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Files as the beginnings of what was made from them, also deleted ones, by those of the keys that each has."""
    rows = [dict(row) for row in await tx.fetch(_UPLOADS, user_id, list(keys))]
    by_key = {row["storage_key"]: row for row in rows}
    return by_key | {row["prepared"]["key"]: row for row in rows if row["prepared"]}


async def own_project(tx: Transaction, project_id: UUID, user_id: UUID) -> bool:
    """Whether the project is the user's; it stays until the commit."""
    return await tx.fetchrow(_OWN_PROJECT, project_id, user_id) is not None


async def linked(tx: Transaction, user_id: UUID, nodes: Sequence[UUID]) -> dict[UUID, tuple[UUID, str | None]]:
    """The files that nodes are, as far as they are there: the file, and the key to link to where it is clean."""
    rows = await tx.fetch(_LINKED, user_id, list(nodes), tx.now)
    return {row["id"]: (row["file_id"], row["key"]) for row in rows}


async def file_of(tx: Transaction, id: UUID, user_id: UUID) -> UUID | None:
    """The user's file that an asset is, or that has this id itself."""
    row = await tx.fetchrow(_FILE_OF, id, user_id)
    return row["id"] if row is not None else None


async def ancestry(tx: Transaction, node: UUID) -> list[dict[str, Any]]:
    """A node and everything that it was made of, nearest first."""
    return [dict(row) for row in await tx.fetch(_ANCESTRY, node)]
