"""The SQL of erasing a person."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from export.templates import repository as templates

_WORKS = """
SELECT FROM renditions WHERE user_id = $1 AND status = 'pending'
UNION ALL SELECT FROM kit_orders WHERE user_id = $1 AND status = 'pending'
UNION ALL SELECT FROM youtube_uploads WHERE user_id = $1 AND upload_status IN ('pending', 'processing')
"""

_ERASE = (
    "DELETE FROM renditions WHERE user_id = $1",
    "DELETE FROM kit_orders WHERE user_id = $1",
    "DELETE FROM export_kits WHERE user_id = $1",
    "DELETE FROM export_history WHERE user_id = $1",
    "DELETE FROM youtube_states WHERE user_id = $1",
    "DELETE FROM youtube_connections WHERE user_id = $1",
    "DELETE FROM youtube_uploads WHERE user_id = $1",
    "DELETE FROM projects WHERE user_id = $1",
    "DELETE FROM fingerprints WHERE user_id = $1",
)


async def works_for(tx: Transaction, user_id: UUID) -> bool:
    """Whether something ordered for the person has not ended."""
    return bool(await tx.fetch(_WORKS, user_id))


async def erase(tx: Transaction, user_id: UUID) -> None:
    """Remove what was ordered for the person, what they said of templates, and their channel."""
    await templates.reckon_without(tx, user_id)
    for statement in _ERASE:
        await tx.execute(statement, user_id)
