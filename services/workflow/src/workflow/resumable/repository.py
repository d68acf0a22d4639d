"""SQL for uploads that arrive in parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import orjson

from chassis.data.database import Transaction
from contracts.objects import StoredObject
from workflow.resumable.models import NewUpload, Upload
from workflow.resumable.queries import COLUMNS, one, upload

MOST_TRIES = 3
"""An upload that could not be looked at so often is given up."""

_ADD = """
INSERT INTO uploads (id, user_id, product_line, original_name, purpose, is_temporary, project_id, length, expires_at,
    created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
"""
# Two requests that send the same bytes: whoever is second has lost.
_ARRIVED = """
UPDATE uploads SET received = received + $4, updated_at = $3,
    parts = (parts::jsonb || $5::jsonb)::json
WHERE id = $1 AND received = $2 AND expires_at > $3
"""
_CLAIM = f"""
UPDATE uploads SET finishing_until = $3, tries = tries + 1, updated_at = $2
WHERE id = $1 AND received = length AND file_id IS NULL AND (finishing_until IS NULL OR finishing_until <= $2)
RETURNING {COLUMNS}
"""  # noqa: S608
_CLAIM_LEFT = f"""
UPDATE uploads SET finishing_until = $2, tries = tries + 1, updated_at = $1 WHERE id IN (
    SELECT id FROM uploads WHERE received = length AND file_id IS NULL AND updated_at < $3 AND tries < $4
        AND (finishing_until IS NULL OR finishing_until <= $1)
    ORDER BY updated_at LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING {COLUMNS}
"""  # noqa: S608
_LET_GO = "UPDATE uploads SET finishing_until = NULL, updated_at = $2 WHERE id = $1"
_FINISHED = "UPDATE uploads SET file_id = $2, finishing_until = NULL, updated_at = $3 WHERE id = $1 AND file_id IS NULL"
_REMOVE = f"DELETE FROM uploads WHERE id = $1 AND user_id = $2 RETURNING {COLUMNS}"  # noqa: S608
_EXPIRED = f"""
DELETE FROM uploads WHERE id IN (
    SELECT id FROM uploads WHERE expires_at <= $1 AND (finishing_until IS NULL OR finishing_until <= $1)
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING {COLUMNS}
"""  # noqa: S608


async def add(tx: Transaction, new: NewUpload) -> None:
    """Announce an upload."""
    await tx.execute(
        _ADD,
        new.id,
        new.user_id,
        new.product_line,
        new.original_name,
        new.purpose,
        new.is_temporary,
        new.project_id,
        new.length,
        new.expires_at,
        tx.now,
    )


async def arrived(tx: Transaction, upload_id: UUID, offset: int, part: StoredObject) -> bool:
    """More bytes are in the store. False when others have come to that place in the meantime."""
    parts = orjson.dumps([part.model_dump()]).decode()
    return await tx.execute(_ARRIVED, upload_id, offset, tx.now, part.size, parts) == "UPDATE 1"


async def claim(tx: Transaction, upload_id: UUID, until: datetime) -> Upload | None:
    """Be the only one who makes a file of a whole upload, until then; None when somebody is, or it is none."""
    return one(await tx.fetchrow(_CLAIM, upload_id, tx.now, until))


async def claim_left(tx: Transaction, until: datetime, untouched_for: timedelta) -> Upload | None:
    """The same for one that whoever sent it, or served them, has left behind."""
    return one(await tx.fetchrow(_CLAIM_LEFT, tx.now, until, tx.now - untouched_for, MOST_TRIES))


async def let_go(tx: Transaction, upload_id: UUID) -> None:
    """Somebody else may try."""
    await tx.execute(_LET_GO, upload_id, tx.now)


async def finished(tx: Transaction, upload_id: UUID, file_id: UUID) -> bool:
    """It has become a file. False when it has become another one, or was ended."""
    return await tx.execute(_FINISHED, upload_id, file_id, tx.now) == "UPDATE 1"


async def remove(tx: Transaction, upload_id: UUID, user_id: UUID) -> Upload | None:
    """End an upload; what it was, None when there is none."""
    return one(await tx.fetchrow(_REMOVE, upload_id, user_id))


async def remove_expired(tx: Transaction, limit: int) -> list[Upload]:
    """End uploads whose time is over."""
    return [upload(row) for row in await tx.fetch(_EXPIRED, tx.now, limit)]
