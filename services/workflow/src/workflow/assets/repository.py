"""SQL for assets and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from chassis.data.database import Transaction
from contracts.objects import StoredObject
from workflow.assets.lineage import UNKNOWN, Node, node_id

_REMOVE = """
DELETE FROM project_assets AS a USING projects AS p
WHERE p.id = a.project_id AND p.user_id = $2 AND a.id = ANY($1::uuid[]) RETURNING a.id
"""
_REMOVE_ONE = "DELETE FROM project_assets WHERE id = $1 AND project_id = $2"
_TAG = """
UPDATE project_assets AS a
SET tags = (SELECT array_agg(DISTINCT tag ORDER BY tag) FROM unnest(a.tags || $3::text[]) AS tag)
FROM projects AS p WHERE p.id = a.project_id AND p.user_id = $2 AND a.id = ANY($1::uuid[]) RETURNING a.id
"""
# What the project has already stays where it is: a file is in a project once.
_MOVE = """
UPDATE project_assets SET project_id = $3 WHERE id IN (
    SELECT DISTINCT ON (a.file_id) a.id FROM project_assets AS a JOIN projects AS p ON p.id = a.project_id
    WHERE p.user_id = $2 AND a.id = ANY($1::uuid[]) AND NOT EXISTS (
        SELECT FROM project_assets AS there
        WHERE there.project_id = $3 AND there.file_id = a.file_id AND there.id <> a.id
    )
    ORDER BY a.file_id, a.created_at
) RETURNING id
"""
_KNOWN_FILES = """
SELECT id, storage_key FROM files WHERE user_id = $1 AND storage_key = ANY($2::text[])
AND (deleted_at IS NULL OR purpose = 'output')
"""
_SHOW_AGAIN = (
    "UPDATE files SET deleted_at = NULL, updated_at = $2 WHERE id = ANY($1::uuid[]) AND deleted_at IS NOT NULL"
)
_ADD_FILES = """
INSERT INTO files (id, user_id, product_line, original_name, purpose, storage_backend, storage_key, file_size,
    mime_type, checksum, prepared, kind, scan_status, created_at, updated_at)
SELECT id, $1, $2, original_name, 'output', 'store', storage_key, file_size, mime_type, checksum, prepared, kind,
    'clean', $3, $3
FROM jsonb_to_recordset($4::jsonb) AS f (id uuid, original_name text, storage_key text, file_size bigint,
    mime_type text, checksum text, prepared jsonb, kind text)
"""
_ADD_OUTPUTS = """
INSERT INTO project_assets (id, project_id, file_id, asset_type, metadata, added_by, created_at)
SELECT id, project_id, file_id, 'output', metadata, $1, $2
FROM jsonb_to_recordset($3::jsonb) AS a (id uuid, project_id uuid, file_id uuid, metadata jsonb)
ON CONFLICT (project_id, file_id) DO NOTHING
"""
_TELL = """
INSERT INTO lineage (id, user_id, object_key, file_id, name, mime_type, size, sha256, operation, provider, model,
    parameters, seed, cost, score, run_id, step, job_id, inputs, parents, made_at)
SELECT id, $1, object_key, file_id, name, mime_type, size, sha256, operation, provider, model, parameters, seed, cost,
    score, run_id, step, job_id, inputs, parents, made_at
FROM jsonb_to_recordset($2::jsonb) AS n (id uuid, object_key text, file_id uuid, name text, mime_type text, size bigint,
    sha256 text, operation text, provider text, model text, parameters jsonb, seed text, cost numeric,
    score double precision, run_id uuid, step text, job_id uuid, inputs jsonb, parents uuid[],
    made_at timestamptz)
ON CONFLICT (user_id, object_key) DO UPDATE SET file_id = coalesce(lineage.file_id, excluded.file_id)
"""

_MAKE_ROOM = "DELETE FROM lineage WHERE user_id = $1 AND object_key = ANY($2::text[]) AND operation = $3"


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A result that becomes a file."""

    id: UUID
    name: str
    kind: str
    object: StoredObject


@dataclass(frozen=True, slots=True)
class Output:
    """A file that becomes an asset of a project; ``metadata`` says of what it is which result."""

    id: UUID
    project_id: UUID
    file_id: UUID
    metadata: Mapping[str, str]


async def remove_one(tx: Transaction, project_id: UUID, asset_id: UUID) -> bool:
    """Take a file out of a project; the file stays. False when it is not in it."""
    return await tx.execute(_REMOVE_ONE, asset_id, project_id) == "DELETE 1"


async def remove(tx: Transaction, asset_ids: Sequence[UUID], user_id: UUID) -> set[UUID]:
    """Take assets out of the user's projects; which there were."""
    return {row["id"] for row in await tx.fetch(_REMOVE, list(asset_ids), user_id)}


async def tag(tx: Transaction, asset_ids: Sequence[UUID], user_id: UUID, tags: Sequence[str]) -> set[UUID]:
    """Add tags to assets of the user's projects; which there were."""
    return {row["id"] for row in await tx.fetch(_TAG, list(asset_ids), user_id, list(tags))}


async def move(tx: Transaction, asset_ids: Sequence[UUID], user_id: UUID, project_id: UUID) -> set[UUID]:
    """Move assets of the user's projects into one of them; which could be."""
    return {row["id"] for row in await tx.fetch(_MOVE, list(asset_ids), user_id, project_id)}


async def known_files(tx: Transaction, user_id: UUID, keys: Sequence[str]) -> dict[str, UUID]:
    """The files that have these objects already, by key; outputs that were deleted are shown again."""
    found = {row["storage_key"]: row["id"] for row in await tx.fetch(_KNOWN_FILES, user_id, list(keys))}
    if found:
        await tx.execute(_SHOW_AGAIN, list(found.values()), tx.now)
    return found


async def add_files(tx: Transaction, user_id: UUID, product_line: str, new: Sequence[OutputFile]) -> None:
    """Record results as files: clean, for we have made them."""
    rows = [
        {
            "id": str(file.id),
            "original_name": file.name,
            "storage_key": file.object.key,
            "file_size": file.object.size,
            "mime_type": file.object.mime_type,
            "checksum": file.object.sha256,
            "prepared": file.object.model_dump() if file.object.mime_type == "image/jpeg" else None,
            "kind": file.kind,
        }
        for file in new
    ]
    await tx.execute(_ADD_FILES, user_id, product_line, tx.now, orjson.dumps(rows).decode())


async def add_outputs(tx: Transaction, user_id: UUID, new: Sequence[Output]) -> None:
    """Make files outputs of projects, as far as they are not in them."""
    rows = [
        {
            "id": str(one.id),
            "project_id": str(one.project_id),
            "file_id": str(one.file_id),
            "metadata": dict(one.metadata),
        }
        for one in new
    ]
    await tx.execute(_ADD_OUTPUTS, user_id, tx.now, orjson.dumps(rows).decode())


async def tell(tx: Transaction, user_id: UUID, nodes: Sequence[Node]) -> None:
    """Keep where objects come from; what is told again stays as it was first told."""
    rows = [
        {
            "id": str(node_id(user_id, node.object.key)),
            "object_key": node.object.key,
            "file_id": str(node.file_id) if node.file_id is not None else None,
            "name": node.name,
            "mime_type": node.object.mime_type,
            "size": node.object.size,
            "sha256": node.object.sha256,
            "operation": node.operation,
            "provider": node.provider,
            "model": node.model,
            "parameters": dict(node.parameters),
            "seed": node.seed,
            "cost": str(node.cost),
            "score": node.score,
            "run_id": str(node.run_id) if node.run_id is not None else None,
            "step": node.step,
            "job_id": str(node.job_id) if node.job_id is not None else None,
            "inputs": {role: str(node_id(user_id, key)) for role, key in node.inputs.items()},
            "parents": [str(node_id(user_id, key)) for key in node.parents],
            "made_at": node.made_at.isoformat(),
        }
        for node in nodes
    ]
    said = [node.object.key for node in nodes if node.operation != UNKNOWN]
    await tx.execute(_MAKE_ROOM, user_id, said, UNKNOWN)
    await tx.execute(_TELL, user_id, orjson.dumps(rows, default=str).decode())


def kind_of(mime_type: str) -> str:
    """What lists call a file of this type."""
    kind = mime_type.split("/", 1)[0]
    return kind if kind in ("image", "video", "audio") else "document"
