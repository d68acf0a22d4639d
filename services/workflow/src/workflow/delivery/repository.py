"""SQL for delivery sizes."""

from __future__ import annotations

from uuid import UUID

import orjson

from chassis.data.database import Transaction
from contracts.objects import StoredObject

_KEEP = "UPDATE files SET sizes = sizes || $2::jsonb WHERE id = $1 AND deleted_at IS NULL"


async def keep(tx: Transaction, file_id: UUID, name: str, stored: StoredObject) -> bool:
    """A size has been made. False when its file has been deleted in the meantime."""
    made = orjson.dumps({name: stored.model_dump()}).decode()
    return await tx.execute(_KEEP, file_id, made) == "UPDATE 1"
