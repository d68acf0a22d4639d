"""The SQL of erasing a person."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction

DELETED = "[DELETED]"

# Of a run that looked into a video its steps know what the video is called, and what is said in it.
_EMPTY_RUNS = """
UPDATE runs SET title = NULL, description = NULL, cleaned_at = coalesce(cleaned_at, $2),
    input = input || (
        SELECT coalesce(jsonb_object_agg(said, $3::text), '{}')
        FROM unnest(ARRAY['script', 'title', 'url', 'film']) AS said
        WHERE input ->> said IS NOT NULL
    ),
    state = CASE WHEN state::jsonb -> 'steps' ?| ARRAY['look', 'hooks'] THEN (state::jsonb - 'steps')::json
        ELSE state END
WHERE user_id = $1
"""
_OBJECTS = """
SELECT storage_key AS key FROM files WHERE user_id = $1
UNION SELECT prepared ->> 'key' FROM files WHERE user_id = $1 AND prepared IS NOT NULL
UNION SELECT size.value ->> 'key' FROM files, jsonb_each(sizes) AS size WHERE user_id = $1
UNION SELECT part ->> 'key' FROM uploads, json_array_elements(parts) AS part WHERE user_id = $1
"""
_REMOVE = (
    "DELETE FROM run_history USING runs WHERE runs.id = run_id AND runs.user_id = $1",
    "DELETE FROM batches WHERE user_id = $1",
    "DELETE FROM lineage WHERE user_id = $1",
    "DELETE FROM projects WHERE user_id = $1",
    "DELETE FROM project_shares WHERE user_id = $1 OR email = ("
    "SELECT lower(email) FROM users WHERE user_id = $1 AND email <> '')",
    "DELETE FROM project_logs WHERE user_id = $1",
    "DELETE FROM project_assets USING files WHERE files.id = file_id AND files.user_id = $1",
    "UPDATE project_versions SET created_by = '00000000-0000-0000-0000-000000000000' WHERE created_by = $1",
    "UPDATE project_assets SET added_by = '00000000-0000-0000-0000-000000000000' WHERE added_by = $1",
    "DELETE FROM uploads WHERE user_id = $1",
    "DELETE FROM files WHERE user_id = $1",
    "DELETE FROM idempotency_keys WHERE user_id = $1",
    "DELETE FROM entitlements WHERE user_id = $1",
    "DELETE FROM users WHERE user_id = $1",
)


async def unended(tx: Transaction, user_id: UUID) -> list[UUID]:
    """The person's runs that have not ended."""
    rows = await tx.fetch("SELECT id FROM runs WHERE user_id = $1 AND status IN ('pending', 'processing')", user_id)
    return [row["id"] for row in rows]


async def other_objects(tx: Transaction, user_id: UUID) -> list[str]:
    """Keys of the person's files and of parts of them, also of those that are kept under nobody's name."""
    return [row["key"] for row in await tx.fetch(_OBJECTS, user_id)]


async def erase(tx: Transaction, user_id: UUID) -> None:
    """Take out of runs what the person wrote, and remove everything else."""
    await tx.execute(_EMPTY_RUNS, user_id, tx.now, DELETED)
    for statement in _REMOVE:
        await tx.execute(statement, user_id)
