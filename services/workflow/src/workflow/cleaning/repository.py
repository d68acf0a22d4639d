"""SQL for runs whose results have been kept long enough."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chassis.data.database import Transaction
from workflow.periods import Before

_DUE = """
SELECT id, user_id, state::text AS state FROM runs
WHERE cleaned_at IS NULL AND finished_at < $4 AND finished_at < coalesce(
    (SELECT own FROM unnest($1::text[], $2::timestamptz[]) AS line (name, own) WHERE name = product_line), $3
) AND status IN ('completed', 'failed', 'cancelled')
ORDER BY finished_at LIMIT $5 FOR UPDATE SKIP LOCKED
"""

# A result that was made once may be shared by runs of the same user that wanted the same; and where nothing had to be
# done, it is the upload itself.
_NEEDED = """
SELECT key FROM unnest($3::text[]) AS key
WHERE EXISTS (
    SELECT FROM runs WHERE user_id = $1 AND id <> $2 AND cleaned_at IS NULL AND position(key IN state::text) > 0
) OR EXISTS (SELECT FROM files WHERE user_id = $1 AND (storage_key = key OR prepared ->> 'key' = key))
"""


async def due(tx: Transaction, before: Before, limit: int) -> list[tuple[UUID, UUID, str]]:
    """Runs that ended before then and have their results still, locked: id, user, state."""
    return [(row["id"], row["user_id"], row["state"]) for row in await tx.fetch(_DUE, *before, limit)]


async def needed(tx: Transaction, user_id: UUID, run_id: UUID, keys: Sequence[str]) -> set[str]:
    """Those of a run's objects that another run of its user or an upload has as well."""
    return {row["key"] for row in await tx.fetch(_NEEDED, user_id, run_id, list(keys))}


async def cleaned(tx: Transaction, run_id: UUID) -> None:
    """The results of a run are gone."""
    await tx.execute("UPDATE runs SET cleaned_at = $2, updated_at = $2 WHERE id = $1", run_id, tx.now)
